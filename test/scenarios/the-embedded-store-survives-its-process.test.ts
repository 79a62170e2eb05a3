import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { asTold, buildStreet, seenOf } from '../support/shops.ts';

const shops = ['calm', 'sour'];
const entry = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

it('killed at two weights and started again on the same folder it goes on; a second process on it is refused', async () => {
  const street = await buildStreet(shops);
  stops.push(() => street.stop());
  const service = street.sandbox.startService(street.settings);
  await street.untilOpen();
  const refused = await runSecond({ ...street.sandbox.standIns.environment, ...street.settings });
  expect(refused.code).not.toBe(0);
  expect(refused.complaints).toEqual([expect.stringContaining(`already running, pid ${service.pid()}`)]);

  await street.release('calm', 'shop:2');
  await street.release('sour', 'shop:bad');
  for (const weight of [10, 50]) {
    await street.untilWeight('calm', weight);
    service.kill(0);
    const killedAtMs = performance.now();
    await street.untilWeight('calm', weight === 10 ? 25 : 75);
    process.stdout.write(`killed at ${weight}: on after ${((performance.now() - killedAtMs) / 1000).toFixed(1)} s\n`);
  }
  await street.untilBack('sour');
  await street.untilLive('calm');
  expect(shops.map((shop) => seenOf(street, shop))).toEqual([asTold('calm', 'live'), asTold('sour', 'back')]);
});

/** One more service with the same settings: how it ends, and the lines that are no log. */
async function runSecond(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [entry], { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [complaint, , [code]] = await Promise.all([text(child.stderr), text(child.stdout), once(child, 'exit')]);
  return { code, complaints: complaint.trim().split('\n') };
}
