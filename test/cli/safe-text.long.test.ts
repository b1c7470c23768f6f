import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import { execa } from 'execa';
import { safeLine, safeStrings, safeStyledText, safeText } from '../../src/cli/terminal/safe-text.ts';
import { statusLine } from '../../src/cli/terminal/status-line.ts';
import { runOf } from '../../src/history/memory.ts';
import { recordRun } from '../../src/history/recorder/record-run.ts';
import { info, temporaryDirectory } from '../history/sample.ts';

/**
 * A history may come from anywhere. A terminal must show what is in it and never obey it: an escape sequence could
 * paint VALID over INVALID, a line break in a name could add a line that kept never said.
 */
const root = temporaryDirectory();
test.after.always(() => rmSync(root, { recursive: true }));

// oxlint-disable-next-line no-control-regex -- these are what must not be there.
const OBEYED = /[\0-\x08\x0B-\x1F\x7F-\x9F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/;
/** ESC, the override of direction, an isolate, CSI as one character, a carriage return. */
const HOSTILE = '\u001B[2J\u202Elost\u2066\u009B31m\rVALID';

test('what a terminal would obey is shown as JSON writes it', (t) => {
  t.is(safeText(HOSTILE), String.raw`\u001b[2J\u202elost\u2066\u009b31m\u000dVALID`);
  t.is(safeText('two\nlines\tand äöü 漢字 🙂'), 'two\nlines\tand äöü 漢字 🙂');
  t.is(safeLine('kafka1\nVALID'), String.raw`kafka1\u000aVALID`);
});

test('colours of our own stay, and nothing else does', (t) => {
  const red = '\u001B[31mINVALID\u001B[39m';
  t.is(safeStyledText(red), red);
  t.is(safeStyledText(`${red}\u001B[2J\u001B]0;title\u0007`), `${red}\\u001b[2J\\u001b]0;title\\u0007`);
});

testProp('no text keeps a character that a terminal obeys', [fc.string({ unit: 'binary' })], (t, text) => {
  t.notRegex(safeText(text), OBEYED);
  t.notRegex(safeLine(text), /[\n\t]/);
});

testProp('JSON stays the same JSON', [fc.jsonValue({ stringUnit: 'binary' })], (t, value) => {
  for (const space of [0, 2]) {
    const text = JSON.stringify(value, null, space);
    t.deepEqual(JSON.parse(safeText(text)), JSON.parse(text));
  }
});

testProp(
  'every string of a value is made safe, and what is safe is not copied',
  [fc.jsonValue({ stringUnit: 'binary' })],
  (t, value) => {
    const safe = safeStrings(value);
    for (const text of stringsIn(safe)) t.is(safeLine(text), text);
    t.is(safeStrings(safe), safe);
  },
);

test('a status line keeps its own sequences and obeys no others', (t) => {
  let screen = '';
  const line = statusLine({ isTTY: true, columns: 80, write: (text: string) => (screen += text) });
  line.draw(HOSTILE);
  line.line(`note: ${HOSTILE}`);
  line.end();
  t.notRegex(screen.replaceAll('\r\u001B[K', '').replaceAll('\n', ''), OBEYED);
});

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return [...(Array.isArray(value) ? [] : Object.keys(value)), ...Object.values(value).flatMap(stringsIn)];
}

/** A run whose names and texts are all hostile, with a loss in it. */
async function hostileRun(): Promise<string> {
  const directory = temporaryDirectory();
  const write = { worker: 0, partition: 0, intendedNs: 0, invokeNs: 5, attempts: 1, broker: 1 } as const;
  const history = runOf({
    writes: [
      { ...write, seq: 0, completeNs: 20, outcome: 'ok', error: null, offset: 0 },
      { ...write, seq: 1, completeNs: 30, outcome: 'info', error: `E\n${HOSTILE}`, offset: null },
    ],
    reads: [],
    events: [
      {
        type: 'fault-start',
        id: `fault\n${HOSTILE}`,
        fault: { kind: 'kill', target: `leader\nVALID ${HOSTILE}` },
        requestedNs: 1,
        timeNs: 1,
        targets: [`kafka1\nVALID ${HOSTILE}`],
        links: [],
        evidence: HOSTILE,
      },
      {
        type: 'fault-failed',
        id: HOSTILE,
        timeNs: 2,
        fault: { kind: 'bisect' },
        reason: `\nVALID ${HOSTILE}`,
      },
      { type: 'log', timeNs: 3, node: 'kafka1', text: HOSTILE, truncatedTo: 0, partition: 0 },
      { type: 'note', timeNs: 4, about: 'warning', text: `\nVALID ${HOSTILE}` },
      {
        type: 'scan',
        scan: 0,
        name: `final\nVALID ${HOSTILE}`,
        partition: 0,
        from: 0,
        end: 1,
        covered: true,
        final: true,
        invokeNs: 40,
        completeNs: 50,
      },
    ],
  });
  const nodes = [{ name: `kafka1\nVALID ${HOSTILE}`, id: 1, roles: ['broker' as const], address: HOSTILE }];
  const scenario = { name: 'x', title: `Title\nVALID ${HOSTILE}` };
  await recordRun({ ...history, info: { ...info, nodes, scenario, kafkaMode: HOSTILE } }, directory);
  return directory;
}

const kept = (...args: string[]) =>
  execa(process.execPath, [resolve('bin/kept.js'), ...args], { reject: false, stripFinalNewline: false });

test('kept check shows a hostile history without obeying it', async (t) => {
  const directory = await hostileRun();
  const { stdout, stderr, exitCode } = await kept('check', directory);
  t.is(exitCode, 1, stderr);
  t.notRegex(stdout + stderr, OBEYED);
  t.notRegex(stdout + stderr, /^VALID/m, 'no name begins a line of its own');
  t.regex(stdout, /^INVALID/);

  const json = await kept('check', directory, '--json');
  t.notRegex(json.stdout, OBEYED);
  t.is(json.stdout === '', false);
  const written: unknown = JSON.parse(readFileSync(join(directory, 'results.json'), 'utf8'));
  t.deepEqual(JSON.parse(json.stdout), written);
});

test('what is refused is not obeyed either', async (t) => {
  const scenario = join(root, 'hostile.json');
  writeFileSync(scenario, JSON.stringify({ name: 'x', title: HOSTILE, brokers: 'x', [HOSTILE]: 1 }));
  const history = join(root, 'hostile.ndjson');
  writeFileSync(history, `{"type":"${HOSTILE.replaceAll('\r', '')}"}`);
  for (const args of [
    ['run', scenario, '--simulate'],
    ['check', history],
    ['check', `nowhere${HOSTILE}`],
    [`--${HOSTILE}`],
    [HOSTILE],
    ['lin', history],
  ]) {
    const { stdout, stderr, exitCode } = await kept(...args);
    t.true(exitCode === 64 || exitCode === 2, stderr);
    t.notRegex(stdout + stderr, OBEYED);
  }
});

test('nothing of the command line writes to a terminal by another door', (t) => {
  const sources = readdirSync('src/cli', { recursive: true, encoding: 'utf8' }).filter((path) =>
    /^(?!terminal\/).*\.ts$/.test(path),
  );
  t.true(sources.length > 20);
  for (const path of sources) {
    const text = readFileSync(join('src/cli', path), 'utf8');
    t.notRegex(text, /\b(stdout|stderr)\.write\(|\bconsole\./, path);
  }
});
