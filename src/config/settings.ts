import { z } from 'zod';

/**
 * Every setting: its name in the environment, its default, what it means. `.env.example` and README's table are generated from here,
 * and a test keeps them equal. A setting marked `secret` may also be given as `<NAME>_FILE`, the path of a file that holds it.
 */
export interface Setting<T> {
  readonly about: string;
  readonly parse: z.ZodType<T>;
  /** As it would stand in the environment; '' = unset. */
  readonly fallback: string;
  readonly secret?: true;
}

const text = z.string();
const port = z.coerce.number().int().min(0).max(65_535);
const positiveNumber = z.coerce.number().positive();
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** `shop=C012,pay=C034,*=C000`: which channel hears of which namespace. */
const channels = z.string().transform((value, context) => {
  const channelOf: Record<string, string> = {};
  for (const pair of value.split(',').filter((item) => item.trim() !== '')) {
    const [namespace = '', channel = '', ...rest] = pair.trim().split('=');
    if (namespace === '' || !/^[CGD][A-Z0-9]+$/.test(channel) || rest.length > 0) {
      context.addIssue({
        code: 'custom',
        message: `"${pair.trim()}" is not namespace=channel id (such as shop=C0123456789)`,
      });
      return z.NEVER;
    }
    channelOf[namespace] = channel;
  }
  return channelOf;
});

function setting<T>(fallback: string, parse: z.ZodType<T>, about: string): Setting<T> {
  return { about, parse, fallback };
}

function secret(about: string): Setting<string> {
  return { about, parse: text, fallback: '', secret: true };
}

export const settings = {
  SLACK_BOT_TOKEN: secret('Bot token (xoxb-…). Without it no Slack: rollouts still run by themselves.'),
  SLACK_APP_TOKEN: secret('App-level token (xapp-…) with connections:write, for Socket Mode.'),
  SLACK_SIGNING_SECRET: secret('Signing secret, for SLACK_MODE=http.'),
  SLACK_MODE: setting(
    'socket',
    z.enum(['socket', 'http']),
    'socket: two outgoing WebSockets, no public URL. http: Slack calls us on SLACK_PORT.',
  ),
  SLACK_PORT: setting('3000', port, 'Where Slack reaches us with SLACK_MODE=http.'),
  SLACK_API_URL: setting('https://slack.com/api/', z.url(), 'Address of the Web API.'),
  SLACK_COMMAND: setting(
    '/rollout',
    z.string().regex(/^\/[a-z0-9_-]+$/, 'must look like /rollout'),
    'The slash command of this installation.',
  ),
  CLUSTER_NAME: setting(
    '',
    z.string().regex(/^(?:[A-Za-z0-9][\w.-]{0,29})?$/, 'must be a short name, such as prod-eu'),
    'What people call this cluster, such as prod-eu: written on its cards. Wanted where several clusters tell one Slack workspace.',
  ),
  CHANNELS: setting(
    '',
    channels,
    'Which channel hears of which namespace: shop=C012,pay=C034,*=C000. A DeliveryPolicy of the namespace goes before it, and the annotation stepwise.dev/channel on a Rollout before both.',
  ),
  SIGNING_KEY: secret(
    'Signs buttons and chains records: 32 or more random bytes as hex. Unset: made at start, and buttons of an earlier process are refused.',
  ),
  SIGNING_KEY_PREVIOUS: secret('The key before, accepted while it is set: rotate without breaking cards.'),
  IMAGE_HOOK_SECRET: secret(
    'Shared with CI, which signs with it what it tells to /hooks/image on HTTP_PORT. Unset: that path answers 404.',
  ),
  WEBHOOK_SECRET: secret(
    'Signs what the plugin stepwise/webhook of a step or a metric sends. Unset: it calls nobody, and says so.',
  ),
  WEBHOOK_HOSTS: setting(
    '',
    list,
    'The only hosts that stepwise/webhook calls, comma separated, such as hooks.acme.dev,*.svc. Unset: all but loopback and link-local addresses.',
  ),
  KUBECONFIG: setting('', text, 'Path of a kubeconfig. Unset: the service account of the pod, else ~/.kube/config.'),
  API_REQUESTS_PER_SECOND: setting(
    '500',
    positiveNumber,
    'Most requests to the Kubernetes API a second and replica; twice as many at once. Clicks and aborts go first. One update takes about 110.',
  ),
  WATCH_NAMESPACES: setting('', list, 'Namespaces to watch, comma separated. Unset: all.'),
  CONTROLLER: setting(
    '',
    z.enum(['', 'own', 'drive'], 'own, drive, or empty'),
    'own: Stepwise runs the Rollouts, and takes no turns while another controller holds the Lease. drive: an Argo controller runs them; Stepwise shows them and asks for what people want. Empty: drive where there is any sign of an Argo controller, else own.',
  ),
  INSTANCE_ID: setting('', text, "Works as Argo's --instance-id: only Rollouts labelled with it are ours."),
  ARGO_NAMESPACE: setting(
    'argo-rollouts',
    text,
    'Where the Lease argo-rollouts-controller-lock lives: one controller at a time, Argo or Stepwise.',
  ),
  LEASE_SECONDS: setting(
    '8',
    positiveNumber,
    'After how long without a sign of life another replica becomes the keeper.',
  ),
  POD_NAME: setting('', text, 'Name of this replica in the Lease. Unset: the host name.'),
  POD_NAMESPACE: setting('stepwise', text, 'Where Stepwise itself lives, and keeps the images that it heard of.'),
  PROMETHEUS_ADDRESS: setting(
    '',
    z.union([z.literal(''), z.url()]),
    'For Prometheus metrics without an address of their own.',
  ),
  EVIDENCE: setting(
    'strict',
    z.enum(['strict', 'argo']),
    'strict: a NaN, or a metric without a condition, is Inconclusive. argo: as Argo reads them.',
  ),
  REDIS_URL: setting(
    '',
    z.union([z.literal(''), z.url()]),
    'Redis 6.2 or later, noeviction. Unset: an embedded store, one process, about 50 moving rollouts.',
  ),
  QUEUE_PREFIX: setting(
    'stepwise',
    z.string().regex(/^[a-z0-9-]+$/, 'letters, digits and dashes'),
    'Prefix of the keys in Redis: one per installation.',
  ),
  DATA_DIR: setting('.stepwise', text, 'Folder of the embedded store.'),
  HTTP_PORT: setting('8080', port, 'Port of /livez, /readyz and /metrics.'),
  LOG_LEVEL: setting(
    'info',
    z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']),
    'Least level that is logged.',
  ),
} as const;

export type SettingName = keyof typeof settings;
export type Config = { readonly [Name in SettingName]: z.infer<(typeof settings)[Name]['parse']> };
