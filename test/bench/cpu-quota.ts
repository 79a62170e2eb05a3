import { existsSync } from 'node:fs';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';

const periodUs = 100_000;

/** Holds processes to a share of one core each, by a control group of its own. Linux, as root. */
export async function limitCores(pids: readonly number[], cores: number): Promise<{ lift(): Promise<void> }> {
  const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers');
  const root = isUnified ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpu';
  const quotaUs = Math.round(cores * periodUs);
  const groups: string[] = [];
  for (const pid of pids) {
    const group = `${root}/stepwise-bench-${pid}`;
    await mkdir(group);
    groups.push(group);
    if (isUnified) await writeFile(`${group}/cpu.max`, `${quotaUs} ${periodUs}`);
    else {
      await writeFile(`${group}/cpu.cfs_period_us`, String(periodUs));
      await writeFile(`${group}/cpu.cfs_quota_us`, String(quotaUs));
    }
    await writeFile(`${group}/cgroup.procs`, String(pid));
  }
  return {
    async lift() {
      for (const pid of pids) await writeFile(`${root}/cgroup.procs`, String(pid));
      for (const group of groups) await rmdir(group);
    },
  };
}
