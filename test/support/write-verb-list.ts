/** Writes the README's list of verbs from the verb table. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withVerbList } from './verb-list.ts';

const readme = withVerbList(readFileSync('README.md', 'utf8'));
if (readme === undefined) throw new Error('README.md has no place for the list of verbs');
writeFileSync('README.md', readme);
