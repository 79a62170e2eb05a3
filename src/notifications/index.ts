/**
 * notifications: how people are told. One contract (notifier.ts); slack/notifier.ts is its first member.
 */

export type { BuildNotice, CardPlace, MessagePlace, Notice, NoticeEvent, Notifier } from './notifier.ts';
