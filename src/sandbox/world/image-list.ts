import { parse } from 'yaml';
import { z } from 'zod';

/** What a simulated image does when it runs: the only place where a version can be slow or broken. */
export const ImageFacts = z.object({
  /** From the container's creation to Ready. */
  startMs: z.number().min(0).default(800),
  /** The share of requests answered with 500, between 0 and 1. */
  errorRate: z.number().min(0).max(1).default(0),
  /** The median time to answer; the tail reaches about four times as far. */
  latencyMs: z.number().min(0).default(40),
  /** `missing`: the registry has no such tag. `denied`: it lets nobody in without a secret. */
  pull: z.enum(['ok', 'missing', 'denied']).default('ok'),
  /** `failing`: it runs, and its readiness probe is answered with 503 for ever. */
  probe: z.enum(['ok', 'failing']).default('ok'),
  /** The container exits with 1 this long after it started, again and again. */
  crashAfterMs: z.number().positive().optional(),
  /** A program that ends: how long its container works. Without it, it serves for ever; but a Job's works for a second. */
  endsAfterMs: z.number().positive().optional(),
  /** How a program that ends does so. */
  exitCode: z.number().int().min(0).max(255).default(0),
  /** What it prints, line by line: spread over the time that it works; a server says it all when it starts. */
  prints: z.array(z.string()).default([]),
  memoryBytes: z
    .number()
    .min(0)
    .default(64 * 1024 * 1024),
});
export type ImageFacts = z.infer<typeof ImageFacts>;

export type ImageList = ReadonlyMap<string, ImageFacts>;

const Entries = z.record(z.string(), ImageFacts);
const ORDINARY = ImageFacts.parse({});

/**
 * Reads the ConfigMap's data: each value is YAML or JSON, image → facts (a data key cannot hold a `/` or `:` itself).
 * A value that does not read is left out and named.
 */
export function parseImageList(
  data: Readonly<Record<string, string>>,
  onProblem: (message: string) => void,
): ImageList {
  const images = new Map<string, ImageFacts>();
  for (const [name, text] of Object.entries(data)) {
    try {
      for (const [image, facts] of Object.entries(Entries.parse(parse(text) ?? {}))) images.set(image, facts);
    } catch (error) {
      onProblem(`image list, ${name}: ${String(error)}`);
    }
  }
  return images;
}

/** The facts of an image: its own entry, else the entry of its repository without tag, else an ordinary image. */
export function chooseFacts(images: ImageList, image: string): ImageFacts {
  return images.get(image) ?? images.get(splitImage(image).repository) ?? ORDINARY;
}

/** The tag, or the first 12 digits of a digest, or `latest`. */
export function versionOf(image: string): string {
  return splitImage(image).version;
}

function splitImage(image: string): { readonly repository: string; readonly version: string } {
  const at = image.indexOf('@');
  const named = at === -1 ? image : image.slice(0, at);
  const colon = named.lastIndexOf(':');
  // A colon before the last slash belongs to a registry's port.
  const hasTag = colon > named.lastIndexOf('/');
  const repository = hasTag ? named.slice(0, colon) : named;
  if (hasTag) return { repository, version: named.slice(colon + 1) };
  if (at === -1) return { repository, version: 'latest' };
  return { repository, version: image.slice(image.indexOf(':', at) + 1, image.indexOf(':', at) + 13) };
}
