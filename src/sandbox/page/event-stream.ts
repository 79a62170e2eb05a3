import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Reads a server-sent event stream for as long as `signal` lasts, and again after every end or error: a server that is
 * restarted is found again. `onState` tells whether somebody is there.
 */
export async function readEventStream(
  url: string,
  {
    onData,
    onState,
    signal,
  }: { onData: (data: string) => void; onState: (isThere: boolean) => void; signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      const response = await fetch(url, { signal, headers: { accept: 'text/event-stream' } });
      if (response.ok && response.body !== null) {
        onState(true);
        await readLines(response.body, (line) => {
          if (line.startsWith('data: ')) onData(line.slice('data: '.length));
        });
      }
    } catch {
      // Not there, or gone: asked again below.
    }
    if (signal.aborted) return;
    onState(false);
    await sleep(500, undefined, { signal, ref: false }).catch(() => {});
  }
}

/** Hands over whole lines of a body as they arrive. */
async function readLines(body: ReadableStream<Uint8Array>, onLine: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  }
}
