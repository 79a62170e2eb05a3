/**
 * Go's layouts: a time is described by how the moment Mon Jan 2 15:04:05 MST 2006 would be written. What else stands in a layout
 * stands for itself.
 */
export interface LayoutPart {
  /** Text before the element. */
  readonly prefix: string;
  /** `2006`, `Jan`, `.000`; undefined after the last one. */
  readonly element: string | undefined;
}

const ELEMENT =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|1|2006|2|__2|_2(?!006)|3|4|5|PM|pm|[-Z]07(?:0000|:00:00|00|:00|)|[.,](?:0+|9+)(?![0-9])/g;

export function readLayout(layout: string): readonly LayoutPart[] {
  const parts: LayoutPart[] = [];
  let end = 0;
  for (const found of layout.matchAll(ELEMENT)) {
    parts.push({ prefix: layout.slice(end, found.index), element: found[0] });
    end = found.index + found[0].length;
  }
  return [...parts, { prefix: layout.slice(end), element: undefined }];
}

export const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
export const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
