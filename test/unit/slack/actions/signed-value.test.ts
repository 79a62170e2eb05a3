import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actActionIds } from '../../../../src/slack/actions/action-ids.ts';
import { type ButtonPayload, createSigner } from '../../../../src/slack/actions/signed-value.ts';

const short = fc.string({ maxLength: 60 });
const act: fc.Arbitrary<ButtonPayload> = fc.record({
  kind: fc.constant('act'),
  action: fc.constantFrom(...actActionIds),
  clusterUid: fc.uuid(),
  namespace: short,
  name: short,
  binding: fc.record({ uid: fc.uuid(), revision: fc.nat(), step: fc.nat(), pauseStartedAt: short, analysis: short }),
});
const line: fc.Arbitrary<ButtonPayload> = fc.record({
  kind: fc.constant('line'),
  line: fc.string({ unit: 'grapheme', maxLength: 80 }),
  isConfirmed: fc.boolean(),
});
const reason: fc.Arbitrary<ButtonPayload> = fc.record({
  kind: fc.constant('reason'),
  about: fc.constantFrom('abort', 'pause', 'undo'),
  namespace: short,
  name: short,
  revision: fc.nat(),
});
const payload = fc.oneof(act, line, reason);
const signer = createSigner(['key one']);

describe('a signed value', () => {
  it('comes back as it was, within 2,000 characters', () => {
    fc.assert(
      fc.property(payload, (signed) => {
        const value = signer.sign(signed);
        expect(value.length).toBeLessThanOrEqual(2000);
        expect(signer.verify(value)).toEqual(signed);
      }),
    );
  });

  it('is refused when one character was changed, or anything was added', () => {
    fc.assert(
      fc.property(payload, fc.nat(), fc.constantFrom('A', 'b', '.', '-', '='), (signed, at, other) => {
        const value = signer.sign(signed);
        const index = at % value.length;
        const changed = value.slice(0, index) + other + value.slice(index + 1);
        if (changed !== value) expect(signer.verify(changed)).toBeUndefined();
        expect(signer.verify(value + other)).toBeUndefined();
        expect(signer.verify(value.slice(0, index))).toBeUndefined();
      }),
    );
  });

  it('never throws on what it did not sign', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(signer.verify(value)).toBeUndefined();
      }),
    );
  });

  it('is accepted while its key is one of the known ones', () => {
    const payload: ButtonPayload = { kind: 'line', line: 'abort checkout', isConfirmed: false };
    const old = createSigner(['key one']).sign(payload);
    expect(createSigner(['key two', 'key one']).verify(old)).toEqual(payload);
    expect(createSigner(['key two']).verify(old)).toBeUndefined();
  });

  it('still binds abort to uid and revision where the analysis does not fit', () => {
    const name = 'a'.repeat(253);
    const big: ButtonPayload = {
      kind: 'act',
      action: 'abort',
      clusterUid: 'c',
      namespace: 'n'.repeat(63),
      name,
      binding: { uid: 'u', revision: 7, step: 3, pauseStartedAt: '', analysis: `${name}=Running,`.repeat(9) },
    };
    const value = signer.sign(big);
    expect(value.length).toBeLessThanOrEqual(2000);
    expect(signer.verify(value)).toMatchObject({ name, binding: { uid: 'u', revision: 7, step: 3 } });
  });

  it('needs a key', () => {
    expect(() => createSigner([''])).toThrow(/forged/);
  });
});
