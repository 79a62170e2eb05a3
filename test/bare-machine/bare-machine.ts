import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const packages = ['nodejs', 'npm', 'git', 'ca-certificates'];
const certificates = '/etc/ssl/certs/ca-certificates.crt';

/** What a package must be fetched with here, where that is not the usual: a registry or a certificate of the house. */
const npmSettings = { NODE_EXTRA_CA_CERTS: certificates, npm_config_cafile: certificates };

export interface BareMachine {
  /** A clone of this repository as it is committed, seen from inside. */
  readonly folder: string;
  start(command: string): ChildProcess;
  stop(): void;
}

/** Needs mmdebstrap, root, and the right to mount. */
export function canBuildMachine(): boolean {
  try {
    execFileSync('mmdebstrap', ['--version'], { stdio: 'ignore' });
    execFileSync('unshare', ['--mount', 'mount', '--bind', '/dev', '/dev'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

/** Debian 12 with its own Node and npm, git and nothing else, in a folder that processes are shut into. */
export function buildMachine(): BareMachine {
  const root = mkdtempSync(join(tmpdir(), 'bare-machine-'));
  const folder = '/root/stepwise';
  execFileSync('mmdebstrap', [
    '--quiet',
    '--mode=root',
    '--variant=essential',
    `--include=${packages.join(',')}`,
    '--aptopt=APT::Install-Recommends "false"',
    'bookworm',
    root,
  ]);
  for (const file of ['/etc/resolv.conf', '/etc/hosts', certificates]) copyFileSync(file, join(root, file));
  mkdirSync(join(root, 'root'), { recursive: true });
  execFileSync('git', ['clone', '--quiet', process.cwd(), join(root, folder)]);
  return {
    folder,
    // The mounts are seen by this process and its children alone, and go with them.
    start: (command) =>
      spawn('unshare', ['--mount', 'bash', '-c', insideScript, 'inside', root, `cd ${folder} && ${command}`], {
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', TERM: 'dumb', ...npmSettings },
        stdio: ['ignore', 'pipe', 'pipe'],
        // A group of its own, so that a Ctrl-C can be given to all of it, as a terminal does.
        detached: true,
      }),
    stop: () => rmSync(root, { recursive: true, force: true }),
  };
}

const insideScript = 'mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" && exec chroot "$1" bash -c "$2"';

export function pressCtrlC({ pid }: ChildProcess): void {
  if (pid !== undefined) process.kill(-pid, 'SIGINT');
}

/** Whether any process that it started still runs. */
export function isGroupThere({ pid = 0 }: ChildProcess): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The memory that a process and its descendants hold, each shared page counted once. */
export function memoryOf(pid: number): number {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = /\) \S (\d+) /.exec(readText(`/proc/${name}/stat`))?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const isOurs = (one: number): boolean => one === pid || (parents.has(one) && isOurs(parents.get(one) ?? 0));
  return [...parents.keys()].filter(isOurs).reduce((sum, one) => sum + proportionalBytes(one), 0);
}

function proportionalBytes(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readText(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024;
}

/** '' for a process that has just ended. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
