import type { ServerResponse } from 'node:http';
import { type FoundLog, type LogQuestion, writeLog } from './container-log.ts';

/** What a container of a pod printed; `code` is a kubelet's HTTP answer where there is no such thing. */
export type ReadContainerLog = (of: {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
}) => FoundLog | { readonly isFound: false; readonly reason: string; readonly code: number };

const POLL_MS = 200;

/** `/containerLogs/<namespace>/<pod>/<container>`, as a kubelet serves it to the API server; false: another page. */
export function answerContainerLog(url: URL, response: ServerResponse, read: ReadContainerLog): boolean {
  const [root, namespace = '', pod = '', container = ''] = url.pathname.slice(1).split('/').map(decodeURIComponent);
  if (root !== 'containerLogs') return false;
  const question = questionOf(url.searchParams);
  const look = () => read({ namespace, pod, container, previous: question.previous });
  const found = look();
  if (!found.isFound) {
    const code = 'code' in found ? found.code : 400;
    response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' }).end(found.reason);
    return true;
  }
  response.writeHead(200, { 'content-type': 'text/plain' });
  const first = writeLog(found.lines, question);
  response.write(first);
  if (!question.follow || found.nextLineMs === undefined) response.end();
  else follow(response, { question, sentLines: found.lines.length, sentBytes: first.length, look });
  return true;
}

function follow(
  response: ServerResponse,
  of: { question: LogQuestion; sentLines: number; sentBytes: number; look: () => ReturnType<ReadContainerLog> },
): void {
  const { limitBytes } = of.question;
  let { sentLines, sentBytes } = of;
  const timer = setInterval(() => {
    const found = of.look();
    const lines = found.isFound ? found.lines.slice(sentLines) : [];
    sentLines += lines.length;
    const left = limitBytes === undefined ? undefined : limitBytes - sentBytes;
    const bytes = writeLog(lines, { ...of.question, tailLines: undefined, limitBytes: left });
    sentBytes += bytes.length;
    if (bytes.length > 0) response.write(bytes);
    const isFull = limitBytes !== undefined && sentBytes >= limitBytes;
    if (!found.isFound || found.nextLineMs === undefined || isFull) response.end();
  }, POLL_MS);
  response.on('close', () => clearInterval(timer));
}

function questionOf(query: URLSearchParams): LogQuestion {
  const number = (name: string) => (query.has(name) ? Number(query.get(name)) : undefined);
  const seconds = number('sinceSeconds');
  const sinceTime = query.get('sinceTime');
  const sinceMs = seconds === undefined ? Date.parse(sinceTime ?? '') : Date.now() - seconds * 1000;
  return {
    previous: query.get('previous') === 'true',
    timestamps: query.get('timestamps') === 'true',
    follow: query.get('follow') === 'true',
    tailLines: number('tailLines'),
    limitBytes: number('limitBytes'),
    sinceMs: Number.isNaN(sinceMs) ? undefined : sinceMs,
  };
}
