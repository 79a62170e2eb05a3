import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/config/index.ts';

describe('readConfig', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).toMatchObject({ SLACK_MODE: 'socket', HTTP_PORT: 8080, WATCH_NAMESPACES: [], CHANNELS: {} });
  });

  it('names every mistake at once, with the value and what is allowed, and shows no secret', () => {
    const environment = {
      SLACK_MODE: 'carrier-pigeon',
      CHANNELS: 'shop',
      HTTP_PORT: '99999',
      SIGNING_KEY: 'short-but-secret',
      SLACK_BOT_TOKEN_FILE: '/nowhere',
    };
    const message = messageOf(() => readConfig(environment));
    expect(message).toMatch(/SLACK_MODE="carrier-pigeon".*"socket"\|"http"/);
    expect(message).toMatch(/CHANNELS="shop".*shop=C/);
    expect(message).toMatch(/HTTP_PORT="99999".*65535/);
    expect(message).toMatch(/SLACK_BOT_TOKEN_FILE="\/nowhere"/);
    expect(message).not.toContain('short-but-secret');
  });

  it('takes own, drive, or nothing for who runs the Rollouts', () => {
    const read = (CONTROLLER: string) => readConfig({ CONTROLLER }).CONTROLLER;
    expect(['own', 'drive', ''].map(read)).toEqual(['own', 'drive', '']);
    expect(messageOf(() => readConfig({ CONTROLLER: 'both' }))).toMatch(/CONTROLLER="both": own, drive, or empty/);
    expect(messageOf(() => readConfig({ CONTROLLER: 'both' }))).toMatch(/CONTROLLER="both"/);
  });

  it('asks for what each mode of Slack needs beside the bot token, and for nothing without one', () => {
    const table = [
      [{ SLACK_BOT_TOKEN: 'xoxb-1' }, /SLACK_APP_TOKEN: needed/],
      [{ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_MODE: 'http' }, /SLACK_SIGNING_SECRET: needed/],
      [{ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_MODE: 'http', SLACK_SIGNING_SECRET: 's' }, /^$/],
      [{ SLACK_MODE: 'http' }, /^$/],
    ] as const;
    for (const [environment, message] of table) expect(messageOf(() => readConfig(environment))).toMatch(message);
  });

  it('reads a secret from a file, without the line end', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'config-')), 'token');
    writeFileSync(file, 'xoxb-1\n');
    expect(readConfig({ SLACK_BOT_TOKEN_FILE: file, SLACK_APP_TOKEN: 'xapp-1' }).SLACK_BOT_TOKEN).toBe('xoxb-1');
  });

  it('reads which channel hears of which namespace', () => {
    expect(readConfig({ CHANNELS: 'shop=C012AB, *=C0' }).CHANNELS).toEqual({ shop: 'C012AB', '*': 'C0' });
  });
});

function messageOf(act: () => unknown): string {
  try {
    act();
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
