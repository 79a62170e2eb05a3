import { execFile, execFileSync } from 'node:child_process';

/** What a command came to. */
export interface Ran {
  readonly code: number;
  readonly words: string;
}

/** The first kubectl whose answers the sandbox was recorded against. */
const oldest = 30;

/** Whether the real kubectl is there; says what is left out where it is not. */
export function hasKubectl(whatIsLeftOut: string): boolean {
  try {
    const version = JSON.parse(execFileSync('kubectl', ['version', '--client', '-o', 'json'], { encoding: 'utf8' }));
    if (Number.parseInt(version.clientVersion.minor, 10) >= oldest) return true;
  } catch {
    // Told below.
  }
  process.stderr.write(`\nLEFT OUT: no kubectl >= 1.${oldest} on PATH, so ${whatIsLeftOut}.\n\n`);
  return false;
}

/** Runs a line in bash, as a person types it. */
export function runLine(
  line: string,
  where: { readonly cwd: string; readonly environment: Readonly<Record<string, string>> },
): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<Ran>();
  const child = execFile(
    'bash',
    ['-c', line],
    { cwd: where.cwd, env: { PATH: process.env.PATH, ...where.environment }, timeout: 120_000, maxBuffer: 2 ** 26 },
    (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, words: `${stdout}${stderr}` }),
  );
  return promise;
}

/** A kubeconfig for the sandbox's API; without a token it is the machine's admin. */
export function kubeconfigFor(server: string, token?: string): string {
  const user = token === undefined ? {} : { token };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'sandbox', cluster: { server } }],
    users: [{ name: 'sandbox', user }],
    contexts: [{ name: 'sandbox', context: { cluster: 'sandbox', user: 'sandbox' } }],
    'current-context': 'sandbox',
  });
}
