import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** Says loudly, once, when there is no browser to test with. */
export function hasChromium(): boolean {
  if (existsSync(executablePath)) return true;
  process.stderr.write(`\nNOT TESTED: ${executablePath} is missing, so nothing was tried in a browser.\n`);
  return false;
}

export interface Browser {
  readonly context: BrowserContext;
  /** Opens a page; what it writes to its console as an error fails the test that asks. */
  open(url: string): Promise<{ readonly tab: Page; readonly problems: readonly string[] }>;
  stop(): Promise<void>;
}

export async function startBrowser(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'page-test-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    viewport: { width: 1440, height: 900 },
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  context.setDefaultTimeout(60_000);
  return {
    context,
    async open(url) {
      const tab = await context.newPage();
      const problems: string[] = [];
      tab.on('pageerror', (error) => problems.push(error.message));
      tab.on('console', (message) => {
        if (message.type() === 'error') problems.push(message.text());
      });
      await tab.goto(url);
      return { tab, problems };
    },
    async stop() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
