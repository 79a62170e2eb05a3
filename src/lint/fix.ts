import { type Document, isMap, isScalar, isSeq, LineCounter, type Pair, parseAllDocuments, type YAMLMap } from 'yaml';

export interface Fixed {
  readonly text: string;
  /** What was changed, each with its line in the text before. */
  readonly changes: readonly { readonly line: number; readonly message: string }[];
}

interface Edit {
  readonly line: number;
  readonly message: string;
  /** Changes the lines in place. Edits are applied from the last line to the first. */
  apply(lines: string[]): void;
}

/**
 * Mends what can only have been meant in one way, by moving whole lines: comments and formatting stay. What is written in flow style
 * (`{setWeight: 10, pause: {}}`) is left to its author.
 */
export function fixText(text: string): Fixed {
  const separated = separateObjects(text);
  const counter = new LineCounter();
  const edits = parseAllDocuments(separated.text, { lineCounter: counter }).flatMap((yaml) => editsOf(yaml, counter));
  const lines = separated.text.split('\n');
  for (const edit of edits.toSorted((a, b) => b.line - a.line)) edit.apply(lines);
  return {
    text: lines.join('\n'),
    changes: [...separated.changes, ...edits.map(({ line, message }) => ({ line, message }))],
  };
}

/** Two objects without a line between them: their keys repeat, and no reader takes that. */
function separateObjects(text: string): Fixed {
  const lines = text.split('\n');
  const changes: { line: number; message: string }[] = [];
  const separated: string[] = [];
  let isInObject = false;
  for (const [index, line] of lines.entries()) {
    if (/^---(\s|$)/.test(line)) isInObject = false;
    if (/^apiVersion:/.test(line)) {
      if (isInObject) {
        // Comments and blank lines before an object belong to it.
        let at = separated.length;
        while (at > 0 && /^(#.*)?$/.test(separated[at - 1] ?? '')) at--;
        separated.splice(at, 0, '---');
        changes.push({ line: index + 1, message: 'put a line --- before the next object' });
      }
      isInObject = true;
    }
    separated.push(line);
  }
  return { text: separated.join('\n'), changes };
}

function editsOf(yaml: Document, counter: LineCounter): readonly Edit[] {
  if (yaml.errors.length > 0 || yaml.get('kind') !== 'Rollout') return [];
  const canary = yaml.getIn(['spec', 'strategy', 'canary']);
  if (!isMap(canary)) return [];
  const steps = canary.get('steps');
  const stepMaps = isSeq(steps) ? steps.items.filter((item) => isMap(item)) : [];
  const analyses = [canary, ...stepMaps].map((holder) => holder.get('analysis')).filter((one) => isMap(one));
  const place = (offset: number) => counter.linePos(offset);
  return [
    ...stepMaps.flatMap((step) => splitStep(step, place)),
    ...analyses.flatMap((one) => moveArguments(one, place)),
  ];
}

type Place = (offset: number) => { readonly line: number; readonly col: number };

/** Each further key of a step becomes a step of its own. */
function splitStep(step: YAMLMap, place: Place): readonly Edit[] {
  const [first, ...others] = step.items.map((pair) => keyPlace(pair, place));
  // In flow style, or behind an anchor or a tag, the keys do not stand under each other.
  if (first === undefined || others.some((key) => key === undefined || key.col !== first.col)) return [];
  return others.flatMap((key) => {
    if (key === undefined || key.line === first.line) return [];
    const edit: Edit = {
      line: key.line,
      message: `made ${key.name} a step of its own`,
      apply(lines) {
        const line = lines[key.line - 1] ?? '';
        lines[key.line - 1] = `${line.slice(0, key.col - 3)}- ${line.slice(key.col - 1)}`;
      },
    };
    return key.col >= 3 ? [edit] : [];
  });
}

/** Arguments that stand at a template belong beside the list of templates. */
function moveArguments(analysis: YAMLMap, place: Place): readonly Edit[] {
  const templates = analysis.get('templates');
  if (!isSeq(templates) || analysis.has('args')) return [];
  const holders = templates.items.filter((item) => isMap(item) && item.has('args')) as YAMLMap[];
  const [holder] = holders;
  const list = analysis.items.find(({ key }) => isScalar(key) && key.value === 'templates');
  const own = holder?.items.find(({ key }) => isScalar(key) && key.value === 'args');
  // The arguments of two templates may contradict each other: that is for their author.
  if (holders.length !== 1 || list === undefined || own === undefined) return [];
  const to = keyPlace(list, place);
  const from = keyPlace(own, place);
  const end = endOf(own, place);
  const endOfList = endOf(list, place);
  if (to === undefined || from === undefined || end === undefined || endOfList === undefined) return [];
  // On the template's own line, or before its name, moving whole lines would take more than the arguments.
  if (from.line === to.line || from.col <= to.col || holder?.items[0] === own) return [];
  return [
    {
      line: from.line,
      message: 'moved args beside templates',
      apply(lines) {
        const moved = lines.splice(from.line - 1, end - from.line + 1);
        const dedented = moved.map((line) => line.replace(new RegExp(`^ {0,${from.col - to.col}}`), ''));
        lines.splice(endOfList - moved.length, 0, ...dedented);
      },
    },
  ];
}

function keyPlace({ key }: Pair, place: Place) {
  return isScalar(key) && key.range ? { name: String(key.value), ...place(key.range[0]) } : undefined;
}

/** The last line of a pair's value. */
function endOf({ value }: Pair, place: Place): number | undefined {
  const range = (value as { range?: readonly [number, number, number] | null } | null)?.range;
  if (!range) return undefined;
  const end = place(range[1]);
  return end.col === 1 ? end.line - 1 : end.line;
}
