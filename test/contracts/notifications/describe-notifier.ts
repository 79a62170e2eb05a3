import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NotNowError } from '../../../src/lib/index.ts';
import type { MessagePlace, Notice, Notifier } from '../../../src/notifications/index.ts';
import { aTypicalDelivery, deliveryStates, noonMs } from '../../support/a-delivery.ts';

/** A way to tell people, and the other side of it as those people see it. */
export interface NotifierWorld {
  readonly notifier: Notifier;
  /** Where cards are posted. */
  readonly channel: string;
  /** Every message that is there now, the oldest first. */
  messages(): readonly { readonly place: MessagePlace; readonly words: string; readonly thread: string | undefined }[];
  goDown(): void;
  comeBack(): void;
  /** The other side takes everything and answers nothing. */
  fallSilent(): void;
  stop(): Promise<void>;
}

const notice: Notice = {
  id: '1',
  event: 'aborted',
  atMs: noonMs,
  by: undefined,
  text: 'too many errors',
  weight: 'timeline',
};

/** What every member of the family keeps to (notifications/notifier.ts). */
export function describeNotifier(name: string, open: () => Promise<NotifierWorld>): void {
  describe(`the notifier ${name}`, () => {
    let world: NotifierWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.stop());

    const signal = () => AbortSignal.timeout(60_000);

    function show(state: (typeof deliveryStates)[number], at?: MessagePlace): Promise<MessagePlace> {
      const where = { channel: world.channel, at, thread: undefined, claim: `shop/checkout-18/card/${state}` };
      return world.notifier.showCard(aTypicalDelivery(state), where, signal());
    }

    it('posts a card once, and edits it where it is', async () => {
      const place = await show('checking');
      expect(await show('rolledBack', place)).toEqual(place);
      const there = world.messages();
      expect(there).toHaveLength(1);
      expect(there[0]?.place).toEqual(place);
      expect(there[0]?.words).toMatch(/rolled back/);
    });

    it('tells a notice in the thread of its card', async () => {
      const place = await show('aborting');
      const told = await world.notifier.tell(aTypicalDelivery('aborting'), notice, place, signal());
      const found = world.messages().find((message) => message.place.ts === told.ts);
      expect(found).toMatchObject({ thread: place.ts });
      expect(found?.words).toMatch(/too many errors/);
    });

    it('says on a question what was decided', async () => {
      const place = await show('gate');
      const question: Notice = { ...notice, event: 'gateReached', weight: 'needsHuman', text: '' };
      const asked = await world.notifier.tell(aTypicalDelivery('gate'), question, place, signal());
      const decided = { event: 'promoted', by: 'kubectl', atMs: noonMs } as const;
      await world.notifier.tellDecided(aTypicalDelivery('checking'), { ...question, decided }, asked, signal());
      const there = world.messages().find((message) => message.place.ts === asked.ts);
      expect(there?.words).toMatch(/promoted by kubectl/);
      expect(world.messages()).toHaveLength(2);
    });

    it('tells a build in the channel itself', async () => {
      const build = {
        namespace: 'shop',
        name: 'checkout',
        image: 'ghcr.io/acme/checkout:2.0.1',
        images: [{ container: undefined, image: '2.0.1' }],
        commits: 3,
        link: undefined,
        by: undefined,
      };
      const where = { channel: world.channel, claim: 'shop/checkout/2.0.1' };
      const place = await world.notifier.tellBuild(build, where, signal());
      const [there] = world.messages();
      expect(there).toMatchObject({ place, thread: undefined });
      expect(there?.words).toMatch(/2\.0\.1/);
    });

    it('has one digest for what looks the same, and another for each state', () => {
      const digests = deliveryStates.map((state) => world.notifier.digest(aTypicalDelivery(state)));
      expect(new Set(digests).size).toBe(deliveryStates.length);
      expect(deliveryStates.map((state) => world.notifier.digest(aTypicalDelivery(state)))).toEqual(digests);
    });

    it('says when to come back while the other side is down, and then does it once', async () => {
      world.goDown();
      const refused = await show('checking').catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(NotNowError);
      expect(refused).toMatchObject({ retryAfterMs: expect.any(Number) });
      expect(refused instanceof NotNowError && refused.retryAfterMs > 0).toBe(true);
      world.comeBack();
      await show('checking');
      expect(world.messages()).toHaveLength(1);
    });

    it('stops waiting when it is told to, whatever the other side does', async () => {
      world.fallSilent();
      const stopping = new AbortController();
      const where = { channel: world.channel, at: undefined, thread: undefined, claim: 'c' };
      const showing = world.notifier.showCard(aTypicalDelivery('checking'), where, stopping.signal);
      setTimeout(() => stopping.abort(), 50);
      await expect(showing).rejects.toThrow(NotNowError);
    });
  });
}
