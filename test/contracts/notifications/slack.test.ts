import { createSlackApi } from '../../../src/sandbox/slack-api/index.ts';
import { createSlackApp } from '../../../src/slack/index.ts';
import { silentLog } from '../../support/silent-log.ts';
import { describeNotifier } from './describe-notifier.ts';

const channel = 'C0SHIPSHOP';

function neverAsked(): never {
  throw new Error('a notifier asks for no operation');
}

describeNotifier('slack', async () => {
  const slack = await createSlackApi();
  // Never started: telling needs no connection for listening.
  const app = createSlackApp({
    settings: {
      botToken: slack.botToken,
      mode: { kind: 'socket', appToken: slack.appToken },
      slackApiUrl: slack.apiUrl,
      command: '/rollout',
    },
    operations: {
      start: neverAsked,
      tryStart: neverAsked,
      startForm: neverAsked,
      startable: neverAsked,
      mayStartIn: neverAsked,
      home: neverAsked,
      promote: neverAsked,
      finish: neverAsked,
      skip: neverAsked,
      terminate: neverAsked,
      askTerminate: neverAsked,
      pause: neverAsked,
      resume: neverAsked,
      abort: neverAsked,
      retry: neverAsked,
      undo: neverAsked,
      restart: neverAsked,
      giveReason: neverAsked,
      check: neverAsked,
      plan: neverAsked,
      status: neverAsked,
      why: neverAsked,
      list: neverAsked,
      ask: neverAsked,
      history: neverAsked,
      changes: neverAsked,
      where: neverAsked,
      doctor: neverAsked,
      guestRefused: neverAsked,
    },
    log: silentLog,
    signingKeys: ['a signing key of the tests'],
    clusterUid: () => '',
  });
  return {
    notifier: app.notifier,
    channel,
    messages: () =>
      slack
        .transcript()
        .messages.filter((message) => message.channel === channel)
        .map(({ ts, threadTs, versions }) => ({
          place: { channel, ts },
          words: JSON.stringify(versions.at(-1)),
          thread: threadTs,
        })),
    goDown: () => slack.setFault('down'),
    comeBack: () => slack.setFault('none'),
    fallSilent: () => slack.setFault({ kind: 'slow', delayMs: 60_000 }),
    async stop() {
      await app.stop();
      await slack.stop();
    },
  };
});
