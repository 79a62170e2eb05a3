import { once } from 'node:events';
import { ConfigError, readConfig } from './config/index.ts';
import { TerminalError } from './lib/index.ts';
import { createService } from './service.ts';

/** Less than the 30 s that Kubernetes gives. */
const longestStopMs = 25_000;

/** Starts the service; stops it on SIGTERM or Ctrl-C, also while it still starts: the first process of a container is not ended by them. */
async function main(): Promise<void> {
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort());
  const asked = once(stopping.signal, 'abort');
  // Whoever is asked to stop in the middle of its start stops: what the start then says of it is no error.
  const service = await createService(readConfig(process.env), stopping.signal).catch((error: unknown) => {
    if (stopping.signal.aborted) return undefined;
    throw error;
  });
  if (service === undefined) return;
  try {
    await Promise.race([service.start(), asked]);
    await asked;
  } finally {
    setTimeout(() => {
      console.error(`not stopped within ${longestStopMs} ms`);
      process.exit(1);
    }, longestStopMs).unref();
    await service.stop();
  }
}

/** What only a person can put right is one line and exit code 2: a bad setting, a port or a folder that is taken. */
function lineOf(error: unknown): string | undefined {
  if (error instanceof ConfigError || error instanceof TerminalError) return error.message;
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')
    return `cannot start: ${error.message.replace('listen EADDRINUSE: ', '')} (HTTP_PORT, SLACK_PORT)`;
  return undefined;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const line = lineOf(error);
    console.error(line ?? error);
    process.exit(line === undefined ? 1 : 2);
  },
);
