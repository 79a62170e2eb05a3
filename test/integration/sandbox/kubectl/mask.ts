/** What differs from run to run, and the word that stands for it. The order matters. */
const masks: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uid>'],
  // What kubectl’s own library says, now as a warning, now as an error, of a watch that the clock ended.
  [/^[WE]\d{4} .* reflector\.go.*\n/gm, ''],
  [/^([WE])\d{4} \d\d:\d\d:\d\d\.\d+ +\d+ /gm, '$1<time> '],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( ?Z| \+0000)?/g, '<time>'],
  [/\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000/g, '<time>'],
  [/("?resourceVersion"?: ?|Resource Version: +)"?\d+"?/g, '$1<version>'],
  [/(\\"resourceVersion\\":\\")\d+/g, '$1<version>'],
  [/https?:\/\/127\.0\.0\.1:\d+/g, '<server>'],
  [/\b10\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g, '<ip>'],
  [/(\/tmp\/(kubectl-edit|LIVE|MERGED)-)\d+/g, '$1<n>'],
  // Nothing that people name has eight letters and no vowel: these are hashes of pod templates, and what generateName adds.
  [/([-=:]\s?)[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '$1<hash>-<id>'],
  [/([-=:]\s?"?)[bcdfghjklmnpqrstvwxz2456789]{8,10}\b/g, '$1<hash>'],
  [/-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '-<id>'],
  [/(?<=^|\s{2,}|\()(?:\d{1,3}s|\d{1,2}m\d{1,2}s|\dm)(?= ago|\s{2,}|$| \(x\d)/gm, '<age>'],
  [/(?<=over )(?:\d{1,3}s|\d{1,2}m\d{1,2}s|\dm)/g, '<age>'],
  [/:3\d{4}\/TCP/g, ':<port>/TCP'],
];

/** An output with only its names and ages masked; where one stood in columns, two spaces separate them. */
export function masked(output: string): string {
  let text = output.replaceAll(/[ \t]+$/gm, '').trimEnd();
  for (const [pattern, word] of masks) text = text.replaceAll(pattern, word);
  return /<(age|ip|hash|port)>/.test(text) ? text.replaceAll(/(?<=\S) {2,}/g, '  ') : text;
}
