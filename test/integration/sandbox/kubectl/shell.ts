import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';

/** A shell that lives through one story, so that its commands may share files, variables and background jobs. */
export interface Shell {
  /** Both streams of one command as they came, then `[code]` when it failed. */
  run(command: string): Promise<string>;
  stop(): void;
}

/** Long past what any row needs: a machine may be busy with other things. */
const longestMs = 240_000;

export function startShell(folder: string, environment: NodeJS.ProcessEnv): Shell {
  const shell = spawn('bash', ['--noprofile', '--norc'], { cwd: folder, env: environment, detached: true });
  const mark = `end-${randomBytes(8).toString('hex')}`;
  let heard = '';
  let wake: (() => void) | undefined;
  shell.stdout.setEncoding('utf8');
  shell.stdout.on('data', (chunk: string) => {
    heard += chunk;
    wake?.();
  });
  shell.on('exit', () => wake?.());
  shell.stdin.write('exec 2>&1\n');

  async function run(command: string): Promise<string> {
    heard = '';
    shell.stdin.write(`${command}\nprintf '%s %s\\n' ${mark} $?\n`);
    const end = new RegExp(`${mark} (\\d+)\\n$`);
    const deadline = AbortSignal.timeout(longestMs);
    for (;;) {
      const ended = end.exec(heard);
      if (ended !== null) {
        const output = heard.slice(0, ended.index).trimEnd();
        return ended[1] === '0' ? output : `${output}\n[${ended[1]}]`.trimStart();
      }
      if (shell.exitCode !== null) throw new Error(`the shell ended during: ${command}\n${heard}`);
      if (deadline.aborted) throw new Error(`not within ${longestMs} ms: ${command}\n${heard}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      deadline.onabort = () => resolve();
      await promise;
    }
  }

  return {
    run,
    stop() {
      // The whole group: a story may leave a watch in the background.
      if (shell.pid !== undefined && shell.exitCode === null) process.kill(-shell.pid, 'SIGKILL');
    },
  };
}
