import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { NotNowError } from '../../lib/index.ts';
import type { Operations } from '../../operations/index.ts';
import { createBusy } from '../busy.ts';
import type { Identity } from '../identity.ts';
import { type AnswerView, renderStranger } from '../messages/answers.ts';
import type { Message } from '../messages/blocks.ts';
import { SlackRefusedError } from '../method-calls.ts';
import { createBudget } from '../send-budget.ts';
import type { Sender } from '../sender.ts';
import { type HomeScene, renderHome, renderHomeWords } from './home-view.ts';
import { type HomeView, viewForSlack } from './view.ts';
import { fitView } from './view-limits.ts';

/** Keeps the Home tabs of those who look at them. */
export interface Homes {
  /** Somebody opened theirs: drawn at once, and kept up to date for a while. */
  opened(userId: string): void;
  /** Something that a Home may show has changed. */
  changed(): void;
  /** Answers what was clicked in a Home, at its top. */
  tell(userId: string, message: Message): void;
  stop(): Promise<void>;
}

/**
 * Who looks, in this replica: Slack tells one replica that a Home was opened, and that one keeps it. What dies with it is drawn again
 * when its person opens it next.
 */
interface Watched {
  openedAtMs: number;
  drawnAtMs: number;
  hash: string | undefined;
  digest: string | undefined;
  notice: { readonly message: Message; readonly untilMs: number } | undefined;
  timer: NodeJS.Timeout | undefined;
  dueAtMs: number;
  isDrawing: boolean;
}

const keptMs = 30 * 60_000;
const mostWatched = 200;
/** An answer goes with the next drawing after this. */
const noticeMs = 60_000;
/** Changes come in crowds: the first waits for the others. */
const gatherMs = 700;
/** One Home is not drawn faster than this by changes. */
const gapMs = 3000;
const retryMs = 5000;
const callTimeoutMs = 9000;
const stopWaitMs = 3000;
/** Of Slack's 100 a minute, for this replica; each also costs a reading of the cluster. */
const perMinute = 60;

export interface HomeTools {
  readonly operations: Pick<Operations, 'home'>;
  readonly identity: Identity;
  readonly sender: Sender;
  readonly view: AnswerView;
  readonly linkTo: HomeScene['linkTo'];
  readonly log: Logger;
  readonly now: () => number;
}

export function createHomes(tools: HomeTools): Homes {
  const { identity, sender, view, log, now } = tools;
  const watched = new Map<string, Watched>();
  const budget = createBudget({ perMinute, burst: 10, now });
  const busy = createBusy();
  let isStopped = false;

  async function render(userId: string, notice: Message | undefined): Promise<HomeView> {
    try {
      const identified = await identity.identify(userId);
      if ('problem' in identified) return renderHomeWords(renderStranger(view, identified.problem).text);
      if (identified.isGuest) return renderHomeWords(renderStranger(view, 'guest').text);
      const facts = await tools.operations.home(identified.person);
      return renderHome(view, { facts, userId, notice, linkTo: tools.linkTo, asOfMs: now() });
    } catch (error) {
      log.warn({ err: error, slackUser: userId }, 'a home could not be read');
      return renderHomeWords(
        'The cluster does not answer just now. What moves goes on; open this tab again in a moment.',
      );
    }
  }

  async function draw(userId: string, home: Watched): Promise<void> {
    if (home.notice !== undefined && home.notice.untilMs < now()) home.notice = undefined;
    const next = fitView(await render(userId, home.notice?.message), log);
    const digest = digestOf(next);
    home.drawnAtMs = now();
    if (digest === home.digest) return;
    home.hash = await publish(userId, next, home.hash);
    home.digest = digest;
  }

  /** `hash`: only over what was published here last; where somebody else published since, what is read now is newer. */
  async function publish(userId: string, home: HomeView, hash: string | undefined): Promise<string | undefined> {
    const content = { user_id: userId, view: viewForSlack(home), ...(hash === undefined ? {} : { hash }) };
    try {
      const answer = await sender.call(
        'views.publish',
        (client) => client.views.publish(content),
        AbortSignal.timeout(callTimeoutMs),
      );
      return answer.view?.hash;
    } catch (error) {
      if (!(error instanceof SlackRefusedError) || error.slackError !== 'hash_conflict' || hash === undefined)
        throw error;
      return publish(userId, home, undefined);
    }
  }

  /** Sooner wins; a drawing under way is followed by another. */
  function plan(userId: string, home: Watched, delayMs: number): void {
    if (isStopped) return;
    const dueAtMs = now() + delayMs;
    if (home.timer !== undefined && home.dueAtMs <= dueAtMs) return;
    clearTimeout(home.timer);
    home.dueAtMs = dueAtMs;
    home.timer = setTimeout(() => {
      home.timer = undefined;
      void busy.run(drawNow(userId, home));
    }, delayMs);
    home.timer.unref();
  }

  async function drawNow(userId: string, home: Watched): Promise<void> {
    if (home.isDrawing) return plan(userId, home, gatherMs);
    // Before the reading: a crowd of Homes must not storm the cluster either.
    const waitMs = budget.take(userId, 'change');
    if (waitMs > 0) return plan(userId, home, waitMs);
    home.isDrawing = true;
    try {
      await draw(userId, home);
    } catch (error) {
      log.warn({ err: error, slackUser: userId }, 'a home could not be published');
      if (error instanceof SlackRefusedError) watched.delete(userId);
      else plan(userId, home, error instanceof NotNowError ? error.retryAfterMs : retryMs);
    } finally {
      home.isDrawing = false;
    }
  }

  function watch(userId: string): Watched {
    const known = watched.get(userId);
    watched.delete(userId);
    const home: Watched = known ?? {
      openedAtMs: now(),
      drawnAtMs: 0,
      hash: undefined,
      digest: undefined,
      notice: undefined,
      timer: undefined,
      dueAtMs: 0,
      isDrawing: false,
    };
    watched.set(userId, home);
    // Oldest first: insertion order.
    for (const [other, one] of watched) {
      if (watched.size <= mostWatched) break;
      clearTimeout(one.timer);
      watched.delete(other);
    }
    return home;
  }

  return {
    opened(userId) {
      const home = watch(userId);
      home.openedAtMs = now();
      // Whatever was answered was seen; and Slack may have lost what it showed.
      home.notice = undefined;
      home.digest = undefined;
      plan(userId, home, 0);
    },
    changed() {
      for (const [userId, home] of watched) {
        if (now() - home.openedAtMs > keptMs) {
          clearTimeout(home.timer);
          watched.delete(userId);
        } else {
          plan(userId, home, Math.max(gatherMs, gapMs - (now() - home.drawnAtMs)));
        }
      }
    },
    tell(userId, message) {
      const home = watch(userId);
      home.notice = { message, untilMs: now() + noticeMs };
      plan(userId, home, 0);
    },
    async stop() {
      isStopped = true;
      for (const home of watched.values()) clearTimeout(home.timer);
      watched.clear();
      await busy.settle(stopWaitMs);
    },
  };
}

/** What is shown, without the time of reading. */
function digestOf(home: HomeView): string {
  const blocks = home.blocks.filter(({ block_id: id }) => id !== 'foot');
  return createHash('sha256').update(JSON.stringify(blocks)).digest('hex');
}
