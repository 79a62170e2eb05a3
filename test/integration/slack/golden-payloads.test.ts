import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSlackApi, type SlackApi } from '../../../src/sandbox/slack-api/index.ts';
import { checkMessage } from '../../../src/slack/limits.ts';
import { checkView } from '../../../src/slack/views/view-limits.ts';
import { goldenPayloads, type Payload } from '../../support/golden-payloads.ts';
import { validatePayloads } from '../../support/validate-payloads.ts';

const run = promisify(execFile);
const src = join(import.meta.dirname, '../../../src/slack');
/** Its words stand in the form's view. */
const partOfAnother = ['renderPlanPreview'];

/** Every function of the Slack app that draws something to be sent. */
function renderers(): readonly string[] {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const found = files.flatMap((file) =>
    [...readFileSync(join(src, file), 'utf8').matchAll(/^export function (render\w+|say)\b/gm)].map(
      ([, name = '']) => name,
    ),
  );
  return found.filter((name) => !partOfAnother.includes(name)).toSorted();
}

let slack: SlackApi;
beforeAll(async () => {
  slack = await createSlackApi();
});
afterAll(() => slack.stop());

const byRenderer = goldenPayloads();
const all = Object.values(byRenderer).flat();

describe('the golden payloads', () => {
  it('hold at least one of everything that is drawn for Slack', () => {
    expect(renderers().length).toBeGreaterThan(25);
    expect(Object.keys(byRenderer).toSorted()).toEqual(renderers());
    for (const [name, payloads] of Object.entries(byRenderer)) expect(payloads.length, name).toBeGreaterThan(0);
  });

  it('break no limit that we know of, and none that the stand-in knows of', async () => {
    const ours = all.filter((payload) =>
      payload.kind === 'view' ? checkView(payload.view).length > 0 : checkMessage(payload.message).length > 0,
    );
    expect(ours.map(({ name }) => name)).toEqual([]);
    expect(await validatePayloads(all, { apiUrl: slack.apiUrl, token: undefined })).toEqual([]);
  });
});

describe('npm run slack:validate', () => {
  const script = join(import.meta.dirname, '../../support/validate-payloads.ts');
  const validate = (apiUrl: string) =>
    run(process.execPath, [script], { env: { ...process.env, SLACK_API_URL: apiUrl } });

  it('says how many are valid', { timeout: 60_000 }, async () => {
    const { stdout } = await validate(slack.apiUrl);
    expect(stdout).toBe(`${all.length} of ${all.length} payloads are valid for ${slack.apiUrl}\n`);
  });

  it('names what is not, where and why', { timeout: 60_000 }, async () => {
    const broken: Payload = {
      kind: 'message',
      name: 'too long',
      message: { text: 'x', blocks: [{ type: 'header', text: { type: 'plain_text', text: 'x'.repeat(151) } }] },
    };
    const [invalid] = await validatePayloads([broken], { apiUrl: slack.apiUrl, token: undefined });
    expect(invalid).toEqual({ name: 'too long', problems: ['/blocks/0/text/text: must be less than 151 characters'] });
    slack.setFault('invalid_blocks:data_visualization');
    const failed = await validate(slack.apiUrl).catch(
      (error: unknown) => Object(error) as { code?: number; stdout?: string },
    );
    slack.setFault('none');
    expect(failed).toMatchObject({ code: 1 });
    expect(failed.stdout).toMatch(/✗ renderCard \d+\n {2}\/blocks\/3\/type: unsupported type: data_visualization/);
  });

  it('waits out a rate limit, and says when nobody answers', { timeout: 60_000 }, async () => {
    slack.setFault({ kind: 'ratelimited', retryAfterSeconds: 1 });
    setTimeout(() => slack.setFault('none'), 500);
    expect(await validatePayloads(all.slice(0, 1), { apiUrl: slack.apiUrl, token: undefined })).toEqual([]);
    const failed = await validate('http://127.0.0.1:9/api/').catch(
      (error: unknown) => Object(error) as { code?: number; stderr?: string },
    );
    expect(failed).toMatchObject({ code: 2 });
    expect(failed.stderr).toMatch(/did not validate/);
  });
});
