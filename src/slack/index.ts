/**
 * slack: the Slack app. Words and clicks → operations; a Delivery → Block Kit; and Slack as a notification channel.
 * It translates, nothing more: it never decides about a rollout, and never speaks to Kubernetes.
 * Begin reading at app.ts.
 */
export { createSlackApp, type SlackApp, type SlackSettings, type SlackTools } from './app.ts';
export type { SlackNotifier } from './notifier.ts';
export { redactPayload } from './redact.ts';
