/**
 * npm writes only those optional packages into the lock file that it could fetch for the platform at hand, and `npm ci` then refuses
 * the file elsewhere. Adds the others by name, version, os and cpu, as their names tell them. Run it after each `npm install`:
 * `npm run lock`.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface LockedPackage {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32'];
const processors = ['arm64', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x'];

const file = 'package-lock.json';
const lock: { packages: Record<string, LockedPackage & Record<string, unknown>> } = JSON.parse(
  readFileSync(file, 'utf8'),
);
let added = 0;
for (const owner of Object.values(lock.packages)) {
  for (const [name, range] of Object.entries(owner.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    if (lock.packages[path] !== undefined) continue;
    const words = name.replace(/^.*\//, '').split('-');
    const os = systems.find((system) => words.includes(system));
    const cpu = processors.find((processor) => words.includes(processor)) ?? 'arm'; // arm, arm-eabi, arm-gnueabihf …
    if (os === undefined) throw new Error(`${name}: cannot tell its platform from its name`);
    lock.packages[path] = {
      version: range.replace(/^[^\d]*/, ''),
      cpu: [cpu],
      ...(owner.dev === true ? { dev: true } : {}),
      optional: true,
      os: [os],
    };
    added++;
  }
}
const sorted = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`);
process.stdout.write(`${added} packages of other platforms added\n`);
