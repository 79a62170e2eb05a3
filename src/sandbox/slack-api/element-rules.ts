/** The half of the table that tells of texts, options and interactive elements. */
import {
  anything,
  boolean,
  type Check,
  complain,
  integer,
  list,
  object,
  type Shape,
  string,
  typed,
  word,
} from './block-checks.ts';

export const id = string(255, 1);
export const url = string(3000, 1);

export function plain(max: number): Check {
  return object({
    required: { type: word('plain_text'), text: string(max, 1) },
    optional: { emoji: boolean },
  });
}

export function text(max: number): Check {
  return typed({
    plain_text: { required: { text: string(max, 1) }, optional: { emoji: boolean } },
    mrkdwn: { required: { text: string(max, 1) }, optional: { verbatim: boolean } },
  });
}

const confirm = object({
  required: { title: plain(100), text: text(300), confirm: plain(30), deny: plain(30) },
  optional: { style: word('primary', 'danger') },
});

const option = object({
  required: { text: text(75), value: string(150) },
  optional: { description: text(75), url },
});
const optionGroup = object({ required: { label: plain(75), options: list(1, 100, option) } });

const slackFile = object({
  oneOf: ['id', 'url'],
  optional: { id: string(255, 1), url },
  also(value, pointer, around) {
    const fileId = value.id;
    if (typeof fileId === 'string' && !around.isFileUsable(fileId)) complain(around, 'invalid slack file', pointer);
  },
});

export const image: Shape = {
  required: { alt_text: string(2000) },
  oneOf: ['image_url', 'slack_file'],
  optional: { image_url: url, slack_file: slackFile },
};

const acting = { action_id: id, focus_on_load: boolean, confirm } as const;
const placeholder = plain(150);
const optionSources: Shape = {
  oneOf: ['options', 'option_groups'],
  optional: {
    ...acting,
    placeholder,
    options: list(1, 100, option),
    option_groups: list(1, 100, optionGroup),
    initial_option: option,
    initial_options: list(1, 100, option),
    max_selected_items: integer(1, 100),
  },
};
const externalSource: Shape = {
  optional: {
    ...acting,
    placeholder,
    initial_option: option,
    initial_options: list(1, 100, option),
    min_query_length: integer(0, 100),
    max_selected_items: integer(1, 100),
  },
};
const listedBySlack: Shape = {
  optional: {
    ...acting,
    placeholder,
    initial_user: id,
    initial_users: list(0, 100, id),
    initial_conversation: id,
    initial_conversations: list(0, 100, id),
    initial_channel: id,
    initial_channels: list(0, 100, id),
    default_to_current_conversation: boolean,
    response_url_enabled: boolean,
    filter: anything,
    max_selected_items: integer(1, 100),
  },
};
const choices: Shape = {
  required: { options: list(1, 10, option) },
  optional: { ...acting, initial_option: option, initial_options: list(1, 10, option) },
};
const typing = {
  ...acting,
  placeholder,
  initial_value: string(3000),
  dispatch_action_config: anything,
} as const;

/** Every interactive element. */
export const elementShapes = {
  button: {
    required: { text: plain(75) },
    optional: {
      ...acting,
      value: string(2000),
      url,
      style: word('primary', 'danger'),
      accessibility_label: string(75),
    },
  },
  workflow_button: {
    required: { text: plain(75), workflow: anything },
    optional: { ...acting, style: word('primary', 'danger'), accessibility_label: string(75) },
  },
  overflow: { required: { options: list(1, 5, option) }, optional: acting },
  static_select: optionSources,
  multi_static_select: optionSources,
  external_select: externalSource,
  multi_external_select: externalSource,
  users_select: listedBySlack,
  multi_users_select: listedBySlack,
  conversations_select: listedBySlack,
  multi_conversations_select: listedBySlack,
  channels_select: listedBySlack,
  multi_channels_select: listedBySlack,
  checkboxes: choices,
  radio_buttons: choices,
  datepicker: { optional: { ...acting, placeholder, initial_date: string(10) } },
  timepicker: { optional: { ...acting, placeholder, initial_time: string(5), timezone: string(100) } },
  datetimepicker: { optional: { ...acting, initial_date_time: integer(1_000_000_000, 9_999_999_999) } },
  plain_text_input: {
    optional: { ...typing, multiline: boolean, min_length: integer(0, 3000), max_length: integer(1, 3000) },
  },
  email_text_input: { optional: typing },
  url_text_input: { optional: typing },
  number_input: {
    required: { is_decimal_allowed: boolean },
    optional: { ...typing, min_value: anything, max_value: anything },
  },
  rich_text_input: { optional: { ...acting, placeholder, initial_value: anything, dispatch_action_config: anything } },
  file_input: { optional: { action_id: id, filetypes: list(1, 100, string(20)), max_files: integer(1, 10) } },
} satisfies Record<string, Shape>;

export function elements(...types: readonly (keyof typeof elementShapes)[]): Check {
  return typed(Object.fromEntries(types.map((type) => [type, elementShapes[type]])));
}
