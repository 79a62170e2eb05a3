/**
 * slack-api: a Slack workspace behind Slack's own protocols: Web API, Socket Mode, signed requests, files, modals.
 * It refuses what Slack refuses, can be told to fail, remembers everything it was told, and lets a page or a test act
 * as a person. It knows nothing of the apps that talk to it.
 * Never imports a room of ours except lib. Begin with slack-api.ts; what Slack refuses in blocks is block-rules.ts.
 */

export { checkBlocks, checkView } from './check-blocks.ts';
export type { Delivery } from './deliveries.ts';
export type { Acted } from './events.ts';
export { type Fault, parseFault } from './faults.ts';
export type { ChannelOption, Person, SlackApiOptions, UserGroup } from './options.ts';
export { createSlackApi, type SlackApi } from './slack-api.ts';
export type { ApiCall, MessageStory, MessageVersion, Transcript } from './transcript.ts';
