import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lint-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `stepwise lint` as a person types it. */
async function lint(...typed: readonly string[]) {
  const { promise, resolve } = Promise.withResolvers<{ code: number; out: string; err: string }>();
  const child = execFile(process.execPath, ['src/cli.ts', 'lint', ...typed], (_error, out, err) =>
    resolve({
      code: child.exitCode ?? -1,
      out: out.replaceAll(`${folder}/`, ''),
      err: err.replaceAll(`${folder}/`, ''),
    }),
  );
  return promise;
}

it('finds nothing wrong with what is shipped', async () => {
  const note =
    'manifests/examples/migrating/rollout.yaml:11:5: note: no way back from step 7/7 (analysis accounts-contract) on: ' +
    'there a failed analysis holds the rollout, and abort freezes it';
  expect(await lint('manifests')).toEqual({ code: 0, out: `${note}\n`, err: '' });
});

it('says every mistake with its place, mends what is unambiguous, and leaves the rest', async () => {
  const file = join(folder, 'rollout.yaml');
  writeFileSync(
    file,
    `apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: { name: shop }
spec:
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec: { containers: [{ name: shop, image: shop:1 }] }
  strategy:
    canary:
      steps:
      - setWeight: 10
        pause: {duration: 5m}   # lunch
      - setWieght: 50
`,
  );
  writeFileSync(join(folder, 'values.yaml'), 'replicas: 3\n');
  const both =
    'rollout.yaml:12:9: spec.strategy.steps[0]: Invalid value: "step.Experiment: false step.Pause: true step.SetWeight: true step.Analysis: false": Step must have one of the following set: experiment, setWeight, setCanaryScale, plugin or pause\n';
  const misspelt = (line: number, index: number) =>
    `rollout.yaml:${line}:9: spec.strategy.canary.steps[${index}].setWieght: unknown field; did you mean setWeight?\n`;
  const first = await lint(folder);
  expect(first).toMatchObject({ code: 1, err: '' });
  expect(first.out).toContain(both);
  expect(first.out).toContain(misspelt(14, 1));

  const fixed = await lint('--fix', folder);
  expect(fixed).toMatchObject({ code: 1, err: 'rollout.yaml:13: fixed: made pause a step of its own\n' });
  expect(fixed.out).not.toContain(both);
  expect(readFileSync(file, 'utf8')).toContain('      - pause: {duration: 5m}   # lunch\n');
  const found = JSON.parse((await lint('--json', folder)).out);
  expect(found).toContainEqual(expect.objectContaining({ line: 14, column: 9, severity: 'mistake' }));
});

it('says in one line what it cannot read', async () => {
  expect(await lint(join(folder, 'none.yaml'))).toEqual({
    code: 2,
    out: '',
    err: 'none.yaml: no such file or folder\n',
  });
  const { code, err } = await lint();
  expect({ code, err }).toEqual({ code: 2, err: 'lint needs a file or a folder. See: stepwise --help\n' });
});
