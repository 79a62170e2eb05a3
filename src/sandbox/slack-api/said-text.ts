import type { JsonObject } from '../../lib/index.ts';
import type { Person } from './options.ts';

/** What a person typed, as Slack passes it on: three characters as entities, known names as mentions. */
export function writeText(typed: string, people: Iterable<Person>): string {
  const byName = new Map([...people].map((person) => [person.name.toLowerCase(), person.id]));
  // Danger: the entities come first, or the brackets of the mentions would become text.
  const text = typed.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return text.replace(/(^|\s)@([\w-]+)/g, (whole, before: string, name: string) => {
    const id = byName.get(name.toLowerCase());
    return id === undefined ? whole : `${before}<@${id}>`;
  });
}

/** The same as the block that Slack's own client sends. */
export function writeRichText(text: string): JsonObject {
  const elements: JsonObject[] = [];
  for (const part of text.split(/(<@\w+>)/)) {
    const mention = part.match(/^<@(\w+)>$/);
    if (mention?.[1] !== undefined) elements.push({ type: 'user', user_id: mention[1] });
    else if (part !== '') elements.push({ type: 'text', text: readText(part) });
  }
  return { type: 'rich_text', block_id: 'said', elements: [{ type: 'rich_text_section', elements }] };
}

function readText(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
