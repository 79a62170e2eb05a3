import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Json } from '../../../lib/index.ts';
import type { Api } from '../api.ts';
import { ApiError, badRequest, type FieldCause, invalid, methodNotAllowed } from '../api-error.ts';
import { isObject, listAt, numberAt, objectAt, type StoredObject, textAt } from '../kubernetes-object.ts';
import { type ApiRequest, isTrue } from './request.ts';

/**
 * `GET pods/<name>/log`: asks the kubelet of the pod's node, by the port that the node names, and hands on what it says while it says
 * it. Nodes of a sandbox are all on this machine.
 */
export function answerLog(api: Api, request: ApiRequest, pod: StoredObject, response: ServerResponse): void {
  if (request.method !== 'GET') throw methodNotAllowed();
  const { query } = request;
  checkOptions(pod, query);
  const container = chooseContainer(pod, query.get('container') ?? '');
  const nodeName = textAt(objectAt(pod, 'spec'), 'nodeName');
  if (nodeName === '') {
    response.writeHead(204).end();
    return;
  }
  const { namespace = '', name } = pod.metadata;
  const path = ['containerLogs', namespace, name, container].map(encodeURIComponent).join('/');
  const asked = new URLSearchParams();
  for (const option of ['tailLines', 'limitBytes', 'sinceSeconds', 'sinceTime']) {
    const value = query.get(option);
    if (value !== null && value !== '') asked.set(option, value);
  }
  for (const option of ['follow', 'previous', 'timestamps']) if (isTrue(query.get(option))) asked.set(option, 'true');
  askKubelet({ port: kubeletPort(api, nodeName), path: `/${path}?${asked}` }, response);
}

function kubeletPort(api: Api, nodeName: string): number {
  const node = api.store.get({ collection: 'nodes', namespace: '', name: nodeName });
  if (node === undefined)
    throw new ApiError(404, 'NotFound', `nodes "${nodeName}" not found`, { name: nodeName, kind: 'nodes' });
  const endpoints = objectAt(objectAt(node, 'status'), 'daemonEndpoints');
  return numberAt(objectAt(endpoints, 'kubeletEndpoint'), 'Port') ?? 0;
}

function askKubelet(of: { readonly port: number; readonly path: string }, response: ServerResponse): void {
  const refuse = (error: ApiError) => {
    if (response.headersSent) response.end();
    else response.writeHead(error.code, { 'content-type': 'application/json' }).end(JSON.stringify(error.status()));
  };
  const asked = httpRequest({ host: '127.0.0.1', port: of.port, path: of.path }, (answer) => {
    if (answer.statusCode === 200) {
      response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' });
      response.flushHeaders();
      answer.pipe(response);
    } else void refusalOf(answer).then(refuse);
  });
  asked.on('error', (error) =>
    refuse(new ApiError(500, '', `Get "http://127.0.0.1:${of.port}${of.path}": ${error.message}`)),
  );
  response.on('close', () => asked.destroy());
  asked.end();
}

async function refusalOf(answer: IncomingMessage): Promise<ApiError> {
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  const code = answer.statusCode ?? 500;
  if (code === 400) return badRequest(text);
  return new ApiError(code, code === 404 ? 'NotFound' : 'InternalError', text);
}

/** The one that is asked for, or the only one. */
function chooseContainer(pod: StoredObject, asked: string): string {
  const names = (list: string) => listAt(objectAt(pod, 'spec'), list).map(nameOf);
  const containers = names('containers');
  const init = names('initContainers');
  const { name } = pod.metadata;
  if (asked !== '') {
    if (![...containers, ...init, ...names('ephemeralContainers')].includes(asked))
      throw badRequest(`container ${asked} is not valid for pod ${name}`);
    return asked;
  }
  const [only] = containers;
  if (containers.length === 1 && only !== undefined) return only;
  const others = init.length === 0 ? '' : ` or one of the init containers: [${init.join(' ')}]`;
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]${others}`,
  );
}

function nameOf(container: Json): string {
  return isObject(container) ? textAt(container, 'name') : '';
}

const LEAST = { tailLines: 0, limitBytes: 1, sinceSeconds: 1 } as const;

function checkOptions(pod: StoredObject, query: URLSearchParams): void {
  const causes: FieldCause[] = [];
  for (const [field, least] of Object.entries(LEAST)) {
    const value = query.get(field);
    if (value === null || value === '') continue;
    if (!/^-?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
    const words = least === 0 ? 'must be greater than or equal to 0' : 'must be greater than 0';
    if (Number(value) < least)
      causes.push({ field, reason: 'FieldValueInvalid', message: `Invalid value: ${value}: ${words}` });
  }
  if (causes.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, pod.metadata.name, causes);
}
