import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { type ExplainedVerb, explainedVerbs } from '../../operations/index.ts';
import type { Binding } from '../../rollout/index.ts';
import { actActionIds } from './action-ids.ts';

/** What a button says when it comes back: an act on what the person saw, or a line to run as if typed. */
export type ButtonPayload =
  | {
      readonly kind: 'act';
      readonly action: (typeof actActionIds)[number];
      readonly clusterUid: string;
      readonly namespace: string;
      readonly name: string;
      readonly binding: Binding;
    }
  | { readonly kind: 'line'; readonly line: string; readonly isConfirmed: boolean }
  /** Why this was done to that revision: the reason itself is written by the person. */
  | {
      readonly kind: 'reason';
      readonly about: ExplainedVerb;
      readonly namespace: string;
      readonly name: string;
      readonly revision: number;
    };

export interface Signer {
  /** At most 2,000 characters, as Slack allows for a button's value. */
  sign(payload: ButtonPayload): string;
  /** Undefined: not signed by us, or changed since. */
  verify(value: string): ButtonPayload | undefined;
}

const version = '1';
const maxValueLength = 2000;
const macBytes = 16;

/**
 * Signs and verifies button values: `version.key id.payload.mac`. The first key signs; all verify, so that a key can be rotated
 * without breaking the cards in the channel.
 */
export function createSigner(keys: readonly string[]): Signer {
  const known = keys.filter((key) => key !== '').map((key) => ({ id: keyId(key), key }));
  const signing = known[0];
  if (signing === undefined) throw new Error('no signing key: buttons could be forged');
  return {
    sign(payload) {
      const value = seal(signing, compact(payload));
      if (value.length <= maxValueLength) return value;
      // A digest never equals what is read later: such a Promote is refused as stale, Abort and Pause (uid and revision) still work.
      return seal(signing, compact(shortened(payload)));
    },
    verify(value) {
      const [readVersion, id, body, mac] = value.split('.');
      if (readVersion !== version || body === undefined || mac === undefined) return undefined;
      const key = known.find((candidate) => candidate.id === id);
      if (key === undefined || value !== `${version}.${key.id}.${body}.${mac}`) return undefined;
      if (!isEqual(mac, macOf(key, body))) return undefined;
      return expand(body);
    },
  };
}

interface Key {
  readonly id: string;
  readonly key: string;
}

function keyId(key: string): string {
  return createHash('sha256').update(`stepwise key id:${key}`).digest('base64url').slice(0, 6);
}

function seal(key: Key, fields: readonly unknown[]): string {
  const body = Buffer.from(JSON.stringify(fields)).toString('base64url');
  return `${version}.${key.id}.${body}.${macOf(key, body)}`;
}

function macOf(key: Key, body: string): string {
  const mac = createHmac('sha256', key.key).update(`${version}.${key.id}.${body}`).digest();
  return mac.subarray(0, macBytes).toString('base64url');
}

function isEqual(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

function compact(payload: ButtonPayload): readonly unknown[] {
  if (payload.kind === 'line') return ['line', payload.line, payload.isConfirmed];
  if (payload.kind === 'reason') return ['reason', payload.about, payload.namespace, payload.name, payload.revision];
  const { binding } = payload;
  return [
    payload.action,
    payload.clusterUid,
    payload.namespace,
    payload.name,
    binding.uid,
    binding.revision,
    binding.step,
    binding.pauseStartedAt,
    binding.analysis,
  ];
}

function shortened(payload: ButtonPayload): ButtonPayload {
  if (payload.kind === 'line') return { ...payload, line: payload.line.slice(0, 400) };
  if (payload.kind === 'reason') return payload;
  const digest = createHash('sha256').update(payload.binding.analysis).digest('hex').slice(0, 16);
  return { ...payload, binding: { ...payload.binding, analysis: `sha256:${digest}` } };
}

const Reason = z.tuple([z.literal('reason'), z.enum(explainedVerbs), z.string(), z.string(), z.number()]);
const Line = z.tuple([z.literal('line'), z.string(), z.boolean()]);
const Act = z.tuple([
  z.enum(actActionIds),
  z.string(),
  z.string(),
  z.string(),
  z.string(),
  z.number(),
  z.number(),
  z.string(),
  z.string(),
]);

function expand(body: string): ButtonPayload | undefined {
  // Signed by us, so it parses; an older version of ours may have meant another shape.
  const fields: unknown = JSON.parse(Buffer.from(body, 'base64url').toString());
  const line = Line.safeParse(fields);
  if (line.success) return { kind: 'line', line: line.data[1], isConfirmed: line.data[2] };
  const why = Reason.safeParse(fields);
  if (why.success) {
    const [kind, about, namespace, name, revision] = why.data;
    return { kind, about, namespace, name, revision };
  }
  const act = Act.safeParse(fields);
  if (!act.success) return undefined;
  const [action, clusterUid, namespace, name, uid, revision, step, pauseStartedAt, analysis] = act.data;
  return {
    kind: 'act',
    action,
    clusterUid,
    namespace,
    name,
    binding: { uid, revision, step, pauseStartedAt, analysis },
  };
}
