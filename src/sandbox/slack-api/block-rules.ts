/**
 * What Slack refuses in blocks and views: one table, kept apart from anybody's own limit checker so that the two can be
 * held against each other. Source: docs.slack.dev/reference/block-kit, @slack/types 3.2, and what the live service was
 * seen to do (two charts per message; charts up to 12 series although 6 are documented).
 */
import {
  anything,
  boolean,
  type Check,
  finite,
  integer,
  later,
  list,
  object,
  type Shape,
  type Surface,
  string,
  typed,
  word,
} from './block-checks.ts';
import { chart } from './chart-rules.ts';
import { elementShapes, elements, id, image, plain, text, url } from './element-rules.ts';
import { richText } from './rich-text-rules.ts';

const inActions = elements(
  'button',
  'workflow_button',
  'overflow',
  'static_select',
  'multi_static_select',
  'external_select',
  'multi_external_select',
  'users_select',
  'multi_users_select',
  'conversations_select',
  'multi_conversations_select',
  'channels_select',
  'multi_channels_select',
  'checkboxes',
  'radio_buttons',
  'datepicker',
  'timepicker',
  'datetimepicker',
  'rich_text_input',
);
const inAccessory = typed({
  ...elementShapes,
  image,
});
const inInput = elements(
  'plain_text_input',
  'email_text_input',
  'url_text_input',
  'number_input',
  'rich_text_input',
  'file_input',
  'static_select',
  'multi_static_select',
  'external_select',
  'multi_external_select',
  'users_select',
  'multi_users_select',
  'conversations_select',
  'multi_conversations_select',
  'channels_select',
  'multi_channels_select',
  'checkboxes',
  'radio_buttons',
  'datepicker',
  'timepicker',
  'datetimepicker',
);

const cell = typed({
  raw_text: { required: { text: string(10_000) } },
  raw_number: { required: { value: finite }, optional: { text: string(255) } },
  rich_text: richText,
});

const button = elements('button');
const taskCard: Shape = {
  required: { task_id: string(255, 1), title: string(255, 1) },
  optional: {
    status: word('pending', 'in_progress', 'complete', 'error'),
    details: typed({ rich_text: richText }),
    output: typed({ rich_text: richText }),
    sources: list(0, 10, anything),
  },
};
const card: Shape = {
  oneOf: ['hero_image', 'title', 'actions', 'body'],
  optional: {
    title: text(150),
    subtitle: text(150),
    body: text(200),
    hero_image: typed({ image }),
    icon: typed({ image }),
    actions: list(1, 5, button),
  },
};

interface BlockRule extends Shape {
  readonly surfaces: readonly Surface[];
}
const everywhere: readonly Surface[] = ['message', 'modal', 'home'];

export const blockRules: Readonly<Record<string, BlockRule>> = {
  actions: { surfaces: everywhere, required: { elements: list(1, 25, inActions) } },
  alert: {
    surfaces: ['modal'],
    required: { text: text(200) },
    optional: { level: word('default', 'info', 'warning', 'error', 'success') },
  },
  card: { surfaces: everywhere, ...card },
  carousel: { surfaces: ['message', 'home'], required: { elements: list(1, 10, typed({ card })) } },
  container: {
    surfaces: ['message'],
    oneOf: ['title', 'rich_text_title'],
    required: {
      child_blocks: list(
        1,
        10,
        later(() => insideContainer),
      ),
    },
    optional: {
      title: plain(150),
      rich_text_title: typed({ rich_text: richText }),
      subtitle: plain(150),
      width: word('narrow', 'standard', 'wide', 'full'),
      is_collapsible: boolean,
      default_collapsed: boolean,
      icon: anything,
    },
  },
  context: {
    surfaces: everywhere,
    required: {
      elements: list(
        1,
        10,
        typed({
          image,
          mrkdwn: { required: { text: string(3000, 1) }, optional: { verbatim: boolean } },
          plain_text: { required: { text: string(3000, 1) }, optional: { emoji: boolean } },
        }),
      ),
    },
  },
  context_actions: { surfaces: ['message'], required: { elements: list(1, 5, anything) } },
  data_table: {
    surfaces: ['message'],
    required: { caption: string(255, 1), rows: list(2, 101, list(1, 20, cell)) },
    optional: { page_size: integer(1, 100), column_settings: anything },
  },
  data_visualization: { surfaces: ['message'], required: { title: string(50, 1), chart } },
  divider: { surfaces: everywhere },
  file: { surfaces: ['message'], required: { external_id: id, source: word('remote') } },
  header: { surfaces: everywhere, required: { text: plain(150) }, optional: { level: integer(1, 6) } },
  image: { surfaces: everywhere, ...image, optional: { ...image.optional, title: plain(2000) } },
  input: {
    surfaces: everywhere,
    required: { label: plain(2000), element: inInput },
    optional: { hint: plain(2000), optional: boolean, dispatch_action: boolean },
  },
  markdown: { surfaces: ['message'], required: { text: string(12_000, 1) } },
  plan: {
    surfaces: ['message'],
    required: { title: string(255, 1) },
    optional: { tasks: list(0, 50, typed({ task_card: taskCard })) },
  },
  rich_text: { surfaces: everywhere, ...richText },
  section: {
    surfaces: everywhere,
    oneOf: ['text', 'fields'],
    optional: { text: text(3000), fields: list(1, 10, text(2000)), accessory: inAccessory, expand: boolean },
  },
  table: {
    surfaces: ['message'],
    required: { rows: list(1, 100, list(1, 20, cell)) },
    optional: { column_settings: anything },
  },
  task_card: { surfaces: ['message'], ...taskCard },
  video: {
    surfaces: everywhere,
    required: { video_url: url, thumbnail_url: url, alt_text: string(2000, 1), title: plain(200) },
    optional: {
      title_url: url,
      author_name: string(50),
      provider_name: string(50),
      provider_icon_url: url,
      description: plain(200),
    },
  },
};

/** How often a type may stand in one message. */
export const atMostPerMessage: Readonly<Record<string, number>> = { data_visualization: 2, table: 1 };

export const atMostBlocks: Readonly<Record<Surface, number>> = { message: 50, modal: 100, home: 100 };

function shapesOf(types: readonly string[]): Record<string, Shape> {
  const shapes: Record<string, Shape> = {};
  for (const type of types) {
    const { surfaces: _, ...shape } = blockRules[type] ?? { surfaces: [] };
    shapes[type] = { ...shape, optional: { ...shape.optional, block_id: id } };
  }
  return shapes;
}

/** Checks one block by its row of the table, wherever it stands. */
export const anyBlock: Check = typed(shapesOf(Object.keys(blockRules)));

/** The live service refuses rich_text, file and input here, although they are documented. */
const insideContainer: Check = typed(
  shapesOf(['actions', 'context', 'divider', 'header', 'image', 'section', 'table', 'video']),
);

export const viewRules: Record<string, Check> = {
  modal: object({
    required: { type: word('modal'), title: plain(24), blocks: anything },
    optional: {
      submit: plain(24),
      close: plain(24),
      private_metadata: string(3000),
      callback_id: string(255),
      external_id: string(255),
      clear_on_close: boolean,
      notify_on_close: boolean,
      submit_disabled: boolean,
    },
  }),
  home: object({
    required: { type: word('home'), blocks: anything },
    optional: { private_metadata: string(3000), callback_id: string(255), external_id: string(255) },
  }),
};
