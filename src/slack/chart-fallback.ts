import type { Logger } from 'pino';
import type { Message } from './messages/blocks.ts';
import { truncate } from './messages/mrkdwn.ts';
import { SlackRefusedError } from './method-calls.ts';

/** A message drawn twice if need be: with the chart block, or without it where the workspace refuses it. */
export type Draw = (hasCharts: boolean) => Message;

export interface ChartFallback {
  /** Draws and sends; what Slack refuses in its shape is sent again without the chart, and then as words alone. */
  send<T>(draw: Draw, send: (message: Message) => Promise<T>): Promise<T>;
  refusedUntilMs(): number | undefined;
}

const chartsRefusedForMs = 24 * 3_600_000;
/** The message itself is wrong: sending it again as it is would never help. */
const refusedShapes: ReadonlySet<string> = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_too_long',
  'msg_blocks_too_long',
]);

/**
 * Not every workspace takes the chart block yet: a refusal is remembered for a day, in this process. After a restart one message more is
 * refused and sent again: that costs less than keeping it anywhere.
 */
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
    return send(asWords(plain));
  }

  return {
    refusedUntilMs: () => (now() < chartsRefusedUntilMs ? chartsRefusedUntilMs : undefined),
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

const maxWords = 1000;

/** The message as Slack always takes it: its sentence in plain text. What it offered as buttons can be typed. */
function asWords({ text, blocks }: Message): Message {
  const words = text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  const hasButtons = blocks.some((block) => block.type === 'actions');
  const hint = hasButtons
    ? '\nIts buttons could not be shown: in its thread, mention me with status, why or abort.'
    : '';
  return {
    text: truncate(text, maxWords),
    blocks: [
      {
        type: 'section',
        block_id: 'words',
        text: { type: 'plain_text', text: truncate(words, maxWords) + hint, emoji: true },
      },
    ],
  };
}
