import { ConfigError, readConfig } from './config/index.ts';
import { TerminalError } from './lib/index.ts';
import { createService } from './service.ts';

/** Starts the service; stops it on SIGTERM or Ctrl-C. A bad setting is one message and exit code 2. */
async function main(): Promise<void> {
  const service = await createService(readConfig(process.env));
  let isStopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      service.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
  }
  await service.start();
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) {
    console.error(error.message);
    process.exit(2);
  }
  // Its message says what a person can do; where in our code it was met says nothing to them.
  console.error(error instanceof TerminalError ? error.message : error);
  process.exit(1);
});
