import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { channelOf, type FrontDesk, isLive, openFrontDesk } from '../support/front-desk.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

/** One of each kind, each put where people and programs put them by mistake. Put together here, so that no scanner finds them. */
const secrets = {
  slackToken: ['xoxb', '1234567890', 'abcdefGHIJKL'].join('-'),
  appToken: ['xapp', '1', 'A0FAKEFAKE', '99', 'deadbeefdeadbeef'].join('-'),
  bearer: `s3cr3t${'0123456789abcdef'.repeat(2)}`,
  awsKey: `AKIA${'IOSFODNN7EXAMPLE'}`,
  privateKey: `MIIEv${'QIBADANBgkqhkiG9w0BAQ'}`,
  jwt: ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiJkYW5hIn0', 'c2lnbmF0dXJl'].join('.'),
  password: 'hunter2hunter2',
  urlPassword: 'tr0ub4dor',
  hook: 'T000/B000/XXXXXXXXXXXXXXXXXXXX',
  ofSecret: 'from-a-kubernetes-secret',
} as const;

const names = ['typed', 'asked', 'tagged', 'imaged'] as const;
let desk: FrontDesk;
let prometheus: WebServer;

beforeAll(async () => {
  prometheus = await startWebServer((_, response) => {
    const words = [
      `upstream said: Authorization: Bearer ${secrets.bearer}`,
      `https://admin:${secrets.urlPassword}@prometheus.internal/`,
      `-----BEGIN PRIVATE KEY-----${secrets.privateKey}-----END PRIVATE KEY-----`,
      `token of the query: ${secrets.ofSecret}`,
    ];
    response.writeHead(400).end(JSON.stringify({ status: 'error', errorType: 'bad_data', error: words.join(' ') }));
  });
  desk = await openFrontDesk({ ownChannels: names, environment: { LOG_LEVEL: 'debug' } });
  const put = (path: string, object: object) => desk.sandbox.request('POST', path, object);
  await put('/api/v1/namespaces/shop/secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'query-token', namespace: 'shop' },
    data: { token: Buffer.from(secrets.ofSecret).toString('base64') },
  });
  await put('/apis/argoproj.io/v1alpha1/namespaces/shop/analysistemplates', {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'AnalysisTemplate',
    metadata: { name: 'leaky', namespace: 'shop' },
    spec: {
      args: [
        { name: 'token', valueFrom: { secretKeyRef: { name: 'query-token', key: 'token' } } },
        { name: 'login', value: `password=${secrets.password}` },
      ],
      metrics: [
        {
          name: 'rate',
          consecutiveErrorLimit: 0,
          successCondition: 'result[0] > 1',
          provider: {
            prometheus: {
              address: prometheus.url,
              query: 'up{token="{{args.token}}",login="{{args.login}}"}',
              headers: [{ key: 'Authorization', value: `Bearer ${secrets.bearer}` }],
            },
          },
        },
      ],
    },
  });
  const gate = [{ setWeight: 50 }, { pause: {} }];
  const measured = [{ setWeight: 50 }, { analysis: { templates: [{ templateName: 'leaky' }] } }];
  for (const name of names) {
    const annotations = { 'acme.example/deploy-key': secrets.awsKey, 'acme.example/hook': hookUrl() };
    await desk.open({ name, replicas: 1, steps: name === 'asked' ? measured : gate, annotations });
  }
  for (const name of names) await desk.until(name, 'is live', isLive);
});
afterAll(async () => {
  await desk.stop();
  await prometheus.stop();
});

function hookUrl(): string {
  return `https://hooks.slack.com/services/${secrets.hook}`;
}

it('secrets that people type as reasons, as names, as images, or as anything', async () => {
  await desk.setImage('typed', 'shop:2');
  await desk.card('typed', 2, /waits for you/);
  const lines = [
    `pause typed because the token ${secrets.slackToken} leaked`,
    `abort typed because ${secrets.appToken} and ${hookUrl()} and api_key=${secrets.password} leaked, ${secrets.awsKey} too`,
    `start typed ${secrets.jwt}`,
    `start ${secrets.slackToken} 2`,
    `status ${secrets.slackToken}`,
    `frobnicate Bearer ${secrets.bearer}`,
    `start typed image=registry/${secrets.awsKey}:2`,
    `promote typed --${secrets.slackToken}`,
  ];
  for (const line of lines) await desk.type('dana', `/rollout ${line}`, channelOf('typed'));
  await desk.card('typed', 3);
});

it('secrets that a provider throws back, in errors of queries with secret arguments', async () => {
  await desk.setImage('asked', 'shop:2');
  const card = await desk.card('asked', 2, /could not be judged/);
  expect(card.words).toContain('[token removed]');
  await desk.type('dana', '/rollout why asked', channelOf('asked'));
});

it('secrets in the name of an image that cannot even be pulled', async () => {
  await desk.setImage('imaged', `registry.example/team/shop:${secrets.jwt}`);
  await desk.card('imaged', 2);
  await desk.setImage('tagged', `registry.example/${secrets.awsKey.toLowerCase()}/shop:${secrets.awsKey}`);
  await desk.card('tagged', 2);
  await desk.type('dana', '/rollout why imaged', channelOf('imaged'));
  await desk.type('dana', '/rollout list', channelOf('imaged'));
});

it('are in nothing that left the service', async () => {
  const transcript = desk.slack.transcript();
  const said = transcript.messages.filter(({ user }) => user === desk.slack.botUserId);
  const started = z.looseObject({ port: z.number() }).parse(desk.sandbox.logs().find(({ msg }) => msg === 'started'));
  const left = {
    slack: said.map((story) => JSON.stringify(story.versions)),
    logs: desk.sandbox.logs().map((line) => JSON.stringify(line)),
    records: [JSON.stringify(await desk.sandbox.request('GET', '/apis/stepwise.dev/v1alpha1/deliveryrecords'))],
    metrics: [await (await fetch(`http://127.0.0.1:${started.port}/metrics`)).text()],
    events: [JSON.stringify(await ourEvents())],
  };
  for (const texts of Object.values(left)) expect(texts.join('').length).toBeGreaterThan(1000);
  const leaks = Object.entries(left).flatMap(([where, texts]) =>
    Object.entries(secrets).flatMap(([kind, secret]) =>
      texts.filter((text) => text.includes(secret)).map((text) => `${kind} in ${where}: ${around(text, secret)}`),
    ),
  );
  expect(leaks).toEqual([]);
});

/** Of the events only what Stepwise reports: a kubelet names images as they are written. */
async function ourEvents() {
  const { items } = await desk.sandbox.get(Events, '/api/v1/events');
  return items.filter(
    ({ reportingComponent, source }) => !/kubelet|-controller$/.test(reportingComponent || source.component),
  );
}

const Events = z.looseObject({
  items: z.array(
    z.looseObject({
      reportingComponent: z.string().default(''),
      source: z.looseObject({ component: z.string().default('') }).prefault({}),
    }),
  ),
});

function around(text: string, secret: string): string {
  const at = text.indexOf(secret);
  return text.slice(Math.max(0, at - 200), at + secret.length + 60);
}
