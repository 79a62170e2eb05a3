import { expect, test } from 'vitest';
import {
  applyChange,
  emptyState,
  listChannel,
  listThread,
  type SlackChange,
  type SlackState,
} from '../../../../src/sandbox/page/client/slack-state.ts';

const channel = { id: 'C1', name: 'ship', topic: '', isArchived: false, memberIds: ['U1'] };
const message = (ts: string, more: object = {}) => ({ ts, user: 'U1', text: `text ${ts}`, ...more });

function play(...changes: SlackChange[]): SlackState {
  let state = applyChange(emptyState, { kind: 'channelChanged', channel });
  for (const change of changes) state = applyChange(state, change);
  return state;
}
const posted = (ts: string, more: object = {}): SlackChange => ({
  kind: 'messagePosted',
  channel: 'C1',
  message: message(ts, more),
});
const timestamps = (shown: readonly { message: { ts: string } }[]) => shown.map((one) => one.message.ts);

test('the channel shows messages and broadcast replies, the thread its replies', () => {
  const state = play(
    posted('1.0'),
    posted('3.0', { thread_ts: '1.0' }),
    posted('4.0', { thread_ts: '1.0', subtype: 'thread_broadcast' }),
    posted('2.0'),
  );
  expect(timestamps(listChannel(state, 'C1', 'U1'))).toEqual(['1.0', '2.0', '4.0']);
  expect(timestamps(listThread(state, 'C1', '1.0', 'U1'))).toEqual(['3.0', '4.0']);
});

test('an edit replaces, a deletion removes, a channel change keeps the messages', () => {
  const state = play(
    posted('1.0'),
    posted('2.0'),
    { kind: 'messageUpdated', channel: 'C1', message: message('1.0', { text: 'edited' }) },
    { kind: 'messageDeleted', channel: 'C1', ts: '2.0' },
    { kind: 'channelChanged', channel: { ...channel, isArchived: true } },
  );
  expect(listChannel(state, 'C1', 'U1').map((one) => one.message.text)).toEqual(['edited']);
  expect(state.channels.get('C1')?.isArchived).toBe(true);
});

test('what was said to one person is shown to that person alone, until it is deleted', () => {
  const whisper: SlackChange = { kind: 'ephemeralPosted', channel: 'C1', user: 'U1', message: message('2.0') };
  const state = play(posted('1.0'), whisper);
  expect(listChannel(state, 'C1', 'U1').map((one) => one.isEphemeral)).toEqual([false, true]);
  expect(timestamps(listChannel(state, 'C1', 'U2'))).toEqual(['1.0']);
  const after = applyChange(state, { kind: 'ephemeralDeleted', ts: '2.0' });
  expect(timestamps(listChannel(after, 'C1', 'U1'))).toEqual(['1.0']);
});

test('views open, change and close', () => {
  const opened = play({ kind: 'viewOpened', userId: 'U1', view: { id: 'V1', hash: 'a' } });
  const changed = applyChange(opened, { kind: 'viewUpdated', userId: 'U1', view: { id: 'V1', hash: 'b' } });
  expect(changed.views).toMatchObject([{ userId: 'U1', view: { hash: 'b' } }]);
  expect(applyChange(changed, { kind: 'viewClosed', id: 'V1' }).views).toEqual([]);
});
