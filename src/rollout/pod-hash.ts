import { writePodTemplateJson, writeStepsJson } from './go-json.ts';
import type { PodTemplate } from './pod-template.ts';
import type { CanaryStep } from './strategy-spec.ts';

/** The label value that Argo gives a pod template: FNV-1a of its Go JSON, and of the collision count where there is one. */
export function computePodHash(template: PodTemplate | undefined, collisionCount: number | undefined): string {
  return remembered(template, `now/${collisionCount}`, () => hashOf(writePodTemplateJson(template), collisionCount));
}

/** The same as an Argo built on k8s.io/api before 0.34 computes it: a ReplicaSet that carries it is of this template too. */
export function computeEarlierPodHash(template: PodTemplate | undefined, collisionCount: number | undefined): string {
  return remembered(template, `before/${collisionCount}`, () =>
    hashOf(writePodTemplateJson(template, 'before'), collisionCount),
  );
}

/** One decision asks several times, and writing a template as Go does is its dearest part. Neither templates nor steps are ever changed in place. */
const known = new WeakMap<object, Map<string, string>>();

function remembered(written: object | undefined, what: string, compute: () => string): string {
  if (written === undefined) return compute();
  const hashes = known.get(written) ?? new Map<string, string>();
  known.set(written, hashes);
  const hash = hashes.get(what) ?? compute();
  hashes.set(what, hash);
  return hash;
}

/** `status.currentStepHash`. */
export function computeStepHash(steps: readonly CanaryStep[] | undefined): string {
  return remembered(steps, 'steps', () => hashOf(writeStepsJson(steps), undefined));
}

function hashOf(json: string, collisionCount: number | undefined): string {
  let hash = 0x811c9dc5;
  for (const byte of utf8Of(json)) hash = Math.imul(hash ^ byte, 0x01000193);
  if (collisionCount !== undefined) {
    // Eight bytes, the count little-endian in the first four.
    for (const shift of [0, 8, 16, 24]) hash = Math.imul(hash ^ ((collisionCount >>> shift) & 0xff), 0x01000193);
    for (let zero = 0; zero < 4; zero++) hash = Math.imul(hash, 0x01000193);
  }
  return safeEncode(String(hash >>> 0));
}

function utf8Of(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Kubernetes' SafeEncodeString: no vowels, so no bad words. */
function safeEncode(digits: string): string {
  const alphabet = 'bcdfghjklmnpqrstvwxz2456789';
  return [...digits].map((digit) => alphabet[digit.charCodeAt(0) % alphabet.length]).join('');
}
