import { capitalised } from '../../src/core/words.ts';
import test from 'ava';

const sentences: [text: string, shown: string][] = [
  ['there is no run at q', 'There is no run at q'],
  ['stop', 'Stop'],
  ['permitted: acks=1 promises no more', 'Permitted: acks=1 promises no more'],
  ['done. and more', 'Done. and more'],
  ['"q" is no file', '"q" is no file'],
  ['', ''],
];
const names = [
  'kafka1 truncated its log',
  'broker-a is gone',
  'base.ndjson cannot be read',
  'store/example is valid',
  './q is a file',
  'my_run is damaged',
  'acks=all promises it',
  'é.ndjson is a file',
];
for (const [text, shown] of [...sentences, ...names.map((name): [string, string] => [name, name])]) {
  test(`"${text}" begins as a sentence does, unless by a name`, (t) => t.is(capitalised(text), shown));
}
