/**
 * webhooks: calls an address that a team named in a step or a metric, signed, until it says that it is done.
 * Never decides what its answer means for a rollout, and keeps nothing: what is asked carries all that is known.
 * Begin reading at webhooks.ts.
 */
export {
  createWebhooks,
  type WebhookAnswer,
  type WebhookCall,
  type WebhookOperation,
  type Webhooks,
} from './webhooks.ts';
