import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { type Definitions, type Finding, fixText, lint, SchemaNode, type SourceFile } from '../lint/index.ts';
import { type CliCommand, type CliTools, ExitCode } from './commands.ts';
import { UsageError } from './read-arguments.ts';

/** Argo's own definitions, as they are installed. */
const definitionsFolder = new URL('../../manifests/install/crds-argo/', import.meta.url);
const mostFileBytes = 4_000_000;

const CustomResourceDefinition = z.looseObject({
  spec: z.looseObject({
    names: z.looseObject({ kind: z.string() }),
    versions: z.array(z.looseObject({ schema: z.looseObject({ openAPIV3Schema: SchemaNode }) })),
  }),
});

/** `stepwise lint <files or folders>`: every mistake at once, as `file:line:column: message`. Asks no cluster. */
export const lintCommand: CliCommand = {
  usage: 'lint <file or folder>… [--fix]',
  about: 'say what is wrong with manifests; --fix mends what is unambiguous',
  flags: ['--fix'],
  async run({ words, isJson, isFix }, tools) {
    if (words.length === 0) throw new UsageError('lint needs a file or a folder');
    const files = await readAll(words, tools);
    if (files === undefined) return ExitCode.notDone;
    const mended = isFix ? await Promise.all(files.map((file) => mend(file, tools))) : files;
    const findings = lint(mended, await readDefinitions());
    if (isJson) tools.print(JSON.stringify(findings, null, 2));
    else for (const finding of findings) tools.print(lineOf(finding));
    return findings.some(({ severity }) => severity === 'mistake') ? ExitCode.mend : ExitCode.well;
  },
};

function lineOf({ file, line, column, severity, message }: Finding): string {
  return `${file}:${line}:${column}: ${severity === 'mistake' ? '' : `${severity}: `}${message}`;
}

/** The manifests of these files, and of these folders and all below them. Undefined: one cannot be read; that was said. */
async function readAll(paths: readonly string[], tools: CliTools): Promise<readonly SourceFile[] | undefined> {
  try {
    const found = (await Promise.all(paths.map(manifestsOf))).flat();
    const byName = new Map(found.map((file) => [file.name, file]));
    return await Promise.all([...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map(readOne));
  } catch (error) {
    tools.complain(wordsOf(error));
    return undefined;
  }
}

function wordsOf(error: unknown): string {
  const { code, path, message } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' ? `${path}: no such file or folder` : message;
}

async function manifestsOf(path: string): Promise<readonly Omit<SourceFile, 'text'>[]> {
  if (!(await stat(path)).isDirectory()) return [{ name: path }];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const found = entries
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => ({ name: join(entry.parentPath, entry.name), isFound: true }));
  if (found.length === 0) throw new Error(`${path}: no manifest in it (*.yaml, *.yml, *.json)`);
  return found;
}

async function readOne(file: Omit<SourceFile, 'text'>): Promise<SourceFile> {
  const { name } = file;
  if ((await stat(name)).size > mostFileBytes) throw new Error(`${name}: larger than ${mostFileBytes / 1e6} MB`);
  return { ...file, text: await readFile(name, 'utf8') };
}

async function mend(file: SourceFile, tools: CliTools): Promise<SourceFile> {
  const { text, changes } = fixText(file.text);
  if (changes.length === 0) return file;
  await writeFile(file.name, text);
  for (const { line, message } of changes) tools.complain(`${file.name}:${line}: fixed: ${message}`);
  return { ...file, text };
}

async function readDefinitions(): Promise<Definitions> {
  const names = (await readdir(definitionsFolder)).filter((name) => name !== 'kustomization.yaml');
  const entries = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, definitionsFolder), 'utf8');
      const { spec } = CustomResourceDefinition.parse(parse(text));
      return [spec.names.kind, spec.versions[0]?.schema.openAPIV3Schema ?? {}] as const;
    }),
  );
  return Object.fromEntries(entries);
}
