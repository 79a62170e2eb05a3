import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const Manifest = z.looseObject({
  features: z.looseObject({
    shortcuts: z.array(z.looseObject({ name: z.string(), type: z.string(), callback_id: z.string() })).default([]),
  }),
  oauth_config: z.looseObject({ scopes: z.looseObject({ bot: z.array(z.string()) }) }),
  settings: z.looseObject({ event_subscriptions: z.looseObject({ bot_events: z.array(z.string()) }) }),
});

/** What the app's manifest asks of Slack: the workspace of the sandbox gives exactly this, so that what is missing there is missing here. */
export function readAppManifest(path: string) {
  const { features, oauth_config: oauth, settings } = Manifest.parse(parse(readFileSync(path, 'utf8')));
  return {
    scopes: oauth.scopes.bot,
    events: settings.event_subscriptions.bot_events,
    shortcuts: features.shortcuts
      .filter(({ type }) => type === 'global')
      .map(({ name, callback_id: callbackId }) => ({ name, callbackId })),
  };
}
