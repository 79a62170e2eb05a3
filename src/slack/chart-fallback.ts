import type { Logger } from 'pino';
import { type Message, section } from './messages/blocks.ts';
import { SlackRefusedError } from './method-calls.ts';

/** A message drawn twice if need be: with the chart block, or without it where the workspace refuses it. */
export type Draw = (hasCharts: boolean) => Message;

export interface ChartFallback {
  /** Draws and sends; what Slack refuses in its shape is sent again without the chart, and then as words alone. */
  send<T>(draw: Draw, send: (message: Message) => Promise<T>): Promise<T>;
}

const chartsRefusedForMs = 24 * 3_600_000;
/** The message itself is wrong: sending it again as it is would never help. */
const refusedShapes: ReadonlySet<string> = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_too_long',
  'msg_blocks_too_long',
]);

/** Not every workspace takes the chart block yet: a refusal is remembered for a day. */
export function createChartFallback(tools: {
  readonly prepare: (message: Message) => Message;
  readonly log: Logger;
  readonly now: () => number;
}): ChartFallback {
  const { prepare, log, now } = tools;
  let chartsRefusedUntilMs = 0;

  async function sendPlain<T>(draw: Draw, send: (message: Message) => Promise<T>, error: unknown): Promise<T> {
    const plain = prepare(draw(false));
    const types = plain.blocks.map((block) => block.type);
    log.error({ err: error, types }, 'slack refused the blocks of a message: sent as words');
    return send({ text: plain.text, blocks: [section('words', plain.text)] });
  }

  return {
    async send(draw, send) {
      const message = prepare(draw(now() >= chartsRefusedUntilMs));
      try {
        return await send(message);
      } catch (error) {
        if (!isRefusedShape(error)) throw error;
        if (!message.blocks.some((block) => block.type === 'data_visualization')) return sendPlain(draw, send, error);
      }
      try {
        const sent = await send(prepare(draw(false)));
        chartsRefusedUntilMs = now() + chartsRefusedForMs;
        log.warn('this workspace refuses the chart block: sparklines for a day');
        return sent;
      } catch (error) {
        if (!isRefusedShape(error)) throw error;
        return sendPlain(draw, send, error);
      }
    },
  };
}

function isRefusedShape(error: unknown): boolean {
  return error instanceof SlackRefusedError && refusedShapes.has(error.slackError);
}
