import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Failure } from '../../src/core/failure.ts';
import { openRun } from '../../src/history/directory.ts';
import { loadExtras, saveExtras } from '../../src/history/interchange/extras-file.ts';
import { readInterchange } from '../../src/history/interchange/read.ts';
import { formatInterchange } from '../../src/history/interchange/write.ts';
import { findMessage, readMessage } from '../../src/history/columns/message-reader.ts';
import { recordRun } from '../../src/history/recorder/record-run.ts';
import { temporaryDirectory } from './sample.ts';

/** Files that no tool writes and any disk may hold: each ends in a sentence. */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

let files = 0;
function fileOf(...lines: string[]): string {
  const path = join(root, `history-${files++}.ndjson`);
  writeFileSync(path, lines.join('\n'));
  return path;
}

const RUN = '{"type":"run","version":1,"run":"r1","acks":"all"}';
const lists = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const objects = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`;
const write = (more = '') =>
  `{"type":"write","worker":0,"seq":0,"partition":0,"invoke":1,"complete":2,"outcome":"ok","offset":0${more}}`;
const unknown = (more: string) => `{"type":"x-comment","text":"x"${more}}`;

const tooDeep: [what: string, line: string][] = [
  ['an unknown field of a write', write(`,"x":${lists(100_000)}`)],
  ['a field that is wrong', write(`,"error":${objects(100_000)}`)],
  ['the type', `{"type":${lists(100_000)}}`],
  ['a line of an unknown type', unknown(`,"x":${objects(100_000)}`)],
  ['a line that is no object', lists(100_000)],
  ['one level more than there may be', unknown(`,"x":${lists(500)}`)],
];
for (const [what, line] of tooDeep) {
  test(`nested too deep: ${what}`, (t) => {
    const path = fileOf(RUN, line);
    const failure = t.throws(() => readInterchange(path), { instanceOf: Failure });
    t.is(failure.exitStatus, 64);
    t.is(
      failure.message.replace(path, 'FILE'),
      'line 2 of FILE cannot be used: its lists and objects stand in each other more than 500 deep',
    );
  });
}

test('what is nested as deep as it may be comes through an import and an export', async (t) => {
  const deep = `,"x":${objects(499)}`;
  const end = `{"type":"end","partition":0,"offset":1,"invoke":1,"complete":2${deep}}`;
  const path = fileOf(RUN.replace('}', `${deep}}`), write(deep), end, unknown(deep));
  const directory = join(root, 'deep');
  mkdirSync(directory);
  const imported = readInterchange(path);
  await recordRun(imported, directory);
  saveExtras(imported.extras(), directory);
  const run = await openRun(directory);
  t.deepEqual(run.damage(), []);
  const text = [...formatInterchange(run, loadExtras(directory))].join('');
  t.is(text.split(objects(499)).length, 5, text.slice(0, 200));
  t.notThrows(() => readInterchange(fileOf(text)));
});

test('extra fields and a run.json that are nested too deep are damaged', async (t) => {
  const directory = join(root, 'nested');
  mkdirSync(directory);
  const line = `{"of":"write","row":0,"fields":{"x":${lists(100_000)}}}`;
  writeFileSync(join(directory, 'extras.ndjson'), line);
  t.throws(() => [...loadExtras(directory)], { instanceOf: Failure, message: /^line 1 of .* 500 deep$/ });
  writeFileSync(join(directory, 'run.json'), `{"version":1,"x":${lists(100_000)}}`);
  await t.throwsAsync(openRun(directory), { instanceOf: Failure, message: /run\.json is damaged/ });
});

test('bytes that the disk does not give back are no message, and no defect', (t) => {
  // A directory has a size, and every read from it fails.
  const file = openSync(root, 'r');
  const source = { file, size: 1e4, stream: 0, ahead: null, memory: Buffer.alloc(0) };
  t.is(readMessage(source, 0, { verify: true }), null);
  t.is(findMessage(source, 1), null);
  closeSync(file);
});

test('a fault that ends before it begins is refused, not taken for one that never ends', (t) => {
  const fault = (more: string) => `{"type":"fault","id":"f","kind":"kill","targets":["a"]${more}}`;
  const path = fileOf(RUN, fault(',"start":1000,"stop":10'));
  const failure = t.throws(() => readInterchange(path), { instanceOf: Failure });
  t.is(failure.exitStatus, 64);
  t.regex(failure.message, /^line 2 of .*: "stop" must not be before "start", which is 1000, and it is 10$/);
  t.is(readInterchange(fileOf(RUN, fault(',"start":1000,"stop":1000'))).events.length, 2);
});
