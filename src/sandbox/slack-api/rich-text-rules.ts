import { boolean, integer, list, object, type Shape, string, typed, word } from './block-checks.ts';
import { id, url } from './element-rules.ts';

const style = object({
  optional: { bold: boolean, italic: boolean, strike: boolean, code: boolean, underline: boolean },
});
const inRichText = typed({
  text: { required: { text: string(12_000, 1) }, optional: { style } },
  link: { required: { url }, optional: { text: string(12_000), style, unsafe: boolean } },
  user: { required: { user_id: id }, optional: { style } },
  usergroup: { required: { usergroup_id: id }, optional: { style } },
  channel: { required: { channel_id: id }, optional: { style } },
  emoji: { required: { name: string(100, 1) }, optional: { unicode: string(100), style, skin_tone: integer(1, 6) } },
  broadcast: { required: { range: word('here', 'channel', 'everyone') }, optional: { style } },
  color: { required: { value: string(10) }, optional: { style } },
  date: {
    required: { timestamp: integer(0, 99_999_999_999), format: string(200, 1) },
    optional: { url, fallback: string(200), style },
  },
});
const richTextParts: Record<string, Shape> = {
  rich_text_section: { required: { elements: list(0, 1000, inRichText) } },
  rich_text_quote: { required: { elements: list(0, 1000, inRichText) }, optional: { border: integer(0, 1) } },
  rich_text_preformatted: {
    required: { elements: list(0, 1000, inRichText) },
    optional: { border: integer(0, 1), language: string(50) },
  },
  rich_text_list: {
    required: {
      style: word('bullet', 'ordered'),
      elements: list(1, 1000, typed({ rich_text_section: { required: { elements: list(0, 1000, inRichText) } } })),
    },
    optional: { indent: integer(0, 8), offset: integer(0, 10_000), border: integer(0, 1) },
  },
};
export const richText: Shape = { required: { elements: list(1, 1000, typed(richTextParts)) } };
