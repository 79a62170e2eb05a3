/** A card as an app of the real product posts it: every block that the page has to draw. */
export function aCard({ state = 'at 25 %', agoSeconds = 0 } = {}): Record<string, unknown>[] {
  const nowSeconds = Math.floor(Date.now() / 1000);
  const categories = ['11:20', '11:21', '11:22', '11:23'];
  const series = (name: string, values: readonly number[]) => ({
    name,
    data: categories.map((label, index) => ({ label, value: values[index] ?? 0 })),
  });
  return [
    { type: 'header', block_id: 'head', text: { type: 'plain_text', text: `checkout 2.0.0 ${state}` } },
    {
      type: 'section',
      block_id: 'body',
      text: { type: 'mrkdwn', text: `*25 %*  next <!date^${nowSeconds - agoSeconds}^{ago}|soon>\n10 ✓ · *25* · 50` },
    },
    {
      type: 'actions',
      block_id: 'act',
      elements: [
        {
          type: 'button',
          action_id: 'stop',
          style: 'danger',
          text: { type: 'plain_text', text: 'Stop' },
          value: 'signed:stop',
          confirm: {
            title: { type: 'plain_text', text: 'Stop it?' },
            text: { type: 'plain_text', text: 'All goes back.' },
            confirm: { type: 'plain_text', text: 'Stop now' },
            deny: { type: 'plain_text', text: 'Keep going' },
          },
        },
        { type: 'button', action_id: 'hold', text: { type: 'plain_text', text: 'Hold' }, value: 'signed:hold' },
        {
          type: 'overflow',
          action_id: 'more',
          options: [
            { text: { type: 'plain_text', text: 'Why' }, value: 'why' },
            { text: { type: 'plain_text', text: 'Finish' }, value: 'finish' },
          ],
        },
      ],
    },
    {
      type: 'data_visualization',
      block_id: 'chart',
      title: 'success rate',
      chart: {
        type: 'line',
        series: [series('one', [99, 98, 99, 99]), series('limit', [95, 95, 95, 95])],
        axis_config: { categories },
      },
    },
    {
      type: 'context',
      block_id: 'foot',
      elements: [{ type: 'mrkdwn', text: `rev 18 · <@U0DANA> · as of <!date^${nowSeconds}^{time_secs}|now>` }],
    },
  ];
}

/** A red dot: the smallest PNG that a browser shows. */
export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
  'base64',
);
