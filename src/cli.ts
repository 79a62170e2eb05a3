#!/usr/bin/env node
import { createInterface } from 'node:readline/promises';
import { runCli } from './cli/index.ts';
import { withCluster } from './cli-cluster.ts';
import { readConfig } from './config/index.ts';

/** `stepwise check`, `stepwise plan`: as whoever the kubeconfig is, with the service's own settings where they apply. */
function complain(line: string): void {
  process.stderr.write(`${line}\n`);
}

// `… | head` has read enough: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));

process.exitCode = await runCli(process.argv.slice(2), {
  withCluster: (flags, ask) => withCluster({ flags, config: readConfig(process.env), complain }, ask),
  print: (line) => process.stdout.write(`${line}\n`),
  complain,
  async confirm(question) {
    if (!process.stdin.isTTY) return undefined;
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await lines.question(`${question} [y/N] `);
    lines.close();
    return /^y(es)?$/i.test(answer.trim());
  },
});
