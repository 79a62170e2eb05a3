/**
 * lint: says what is wrong with manifests, at once and by file and line, before anybody applies them; and mends what is unambiguous.
 * Pure: the caller reads and writes files. Begin reading at lint.ts.
 */
export { SchemaNode } from './check-schema.ts';
export type { Finding } from './finding.ts';
export { type Fixed, fixText } from './fix.ts';
export { type Definitions, lint } from './lint.ts';
export type { SourceFile } from './source-document.ts';
