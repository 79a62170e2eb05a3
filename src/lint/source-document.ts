import { type Document, isMap, isNode, isPair, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { JsonObject } from '../lib/index.ts';
import type { Finding } from './finding.ts';

export interface SourceFile {
  readonly name: string;
  readonly text: string;
  /** Found in a folder, where other YAML may stand as well: what says neither apiVersion nor kind is left alone. */
  readonly isFound?: boolean;
}

/** What every Kubernetes object says about itself. */
const Header = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string().optional(), namespace: z.string().optional() }).optional(),
});

/** One object of a file, and where its parts stand. */
export interface SourceDocument {
  readonly file: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** '' where it is not written down. */
  readonly namespace: string;
  readonly content: JsonObject;
  readonly yaml: Document;
  /** A finding at the deepest part of `path` that is there. */
  find(path: readonly (string | number)[], severity: Finding['severity'], message: string): Finding;
}

export interface ReadFile {
  readonly documents: readonly SourceDocument[];
  readonly findings: readonly Finding[];
}

/** Reads the objects of a file. A document that is no Kubernetes object is a finding; an empty one is nothing. */
export function readSourceFile(file: SourceFile): ReadFile {
  const lines = new LineCounter();
  const findings: Finding[] = [];
  const documents: SourceDocument[] = [];
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  for (const yaml of parseAllDocuments(file.text, { lineCounter: lines })) {
    for (const { message, pos } of withoutRepeatedObjects(yaml, file.text)) {
      findings.push({ file: file.name, ...at(pos[0]), severity: 'mistake', message: firstSentence(message) });
    }
    if (yaml.errors.length > 0) continue;
    const content: unknown = readContent(yaml);
    if (content === null || content === undefined) continue;
    const start = at(yaml.contents?.range?.[0] ?? 0);
    const header = Header.safeParse(content);
    if (!header.success) {
      if (file.isFound === true && !isObjectLike(content)) continue;
      const message = 'not a Kubernetes object: it needs apiVersion, kind and metadata';
      findings.push({ file: file.name, ...start, severity: 'mistake', message });
      continue;
    }
    const { apiVersion, kind, metadata } = header.data;
    documents.push({
      file: file.name,
      apiVersion,
      kind,
      name: metadata?.name ?? '',
      namespace: metadata?.namespace ?? '',
      // What YAML reads is JSON, but for dates and keys that no Kubernetes object has.
      content: header.data as JsonObject,
      yaml,
      find: (path, severity, message) => ({
        file: file.name,
        ...at(offsetOf(yaml, path) ?? yaml.contents?.range?.[0] ?? 0),
        severity,
        message,
      }),
    });
  }
  return { documents, findings };
}

/** Two objects without a line between them repeat all their keys: that is one mistake. */
function withoutRepeatedObjects(
  yaml: Document,
  text: string,
): readonly Pick<Document['errors'][number], 'message' | 'pos'>[] {
  const second = yaml.errors.find(
    ({ code, pos }) => code === 'DUPLICATE_KEY' && text.startsWith('apiVersion:', pos[0]),
  );
  if (second === undefined) return yaml.errors;
  const others = yaml.errors.filter(({ code }) => code !== 'DUPLICATE_KEY');
  return [...others, { message: 'the next object begins here: a line --- is missing before it', pos: second.pos }];
}

function isObjectLike(content: unknown): boolean {
  return typeof content === 'object' && content !== null && ('apiVersion' in content || 'kind' in content);
}

/** An alias that goes round, or a bomb of aliases, is no object. */
function readContent(yaml: Document): unknown {
  try {
    return yaml.toJS({ maxAliasCount: 100 });
  } catch {
    return 'not an object';
  }
}

/** Where a path begins: at its key, or at its item. Undefined: not even its first part is there. */
function offsetOf(yaml: Document, path: readonly (string | number)[]): number | undefined {
  let offset: number | undefined;
  let node: unknown = yaml.contents;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isNode(key) && String(key) === String(part));
      if (!isPair(pair) || !isNode(pair.key)) break;
      offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(part)];
      if (!isNode(item)) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else break;
  }
  return offset;
}

function firstSentence(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
}

/** Findings for what our own reading could not take. */
export function unreadable(document: SourceDocument, { issues }: z.ZodError): readonly Finding[] {
  return issues.map(({ path, message }) => document.find(path.map(keyOf), 'mistake', `${path.join('.')}: ${message}`));
}

export function keyOf(part: PropertyKey): string | number {
  const text = String(part);
  return /^\d+$/.test(text) ? Number(text) : text;
}
