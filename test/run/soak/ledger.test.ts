import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { fc } from '@fast-check/ava';
import { LEDGER_FILE } from '../../../src/history/layout.ts';
import { appendPeriod, ledgerEnd, ledgerLines, ledgerSize } from '../../../src/run/soak/ledger.ts';
import { holds } from '../../holds.ts';
import { periodLine } from '../../report/soak/period-lines.ts';

function readWhole(directory: string) {
  let damaged = 0;
  const lines = [...ledgerLines(directory, { onDamage: () => damaged++ })];
  return { lines, damaged };
}

function place(t: { teardown(act: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'kept-ledger-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  return directory;
}

test('what was appended is read again, line by line; where there is no file there are no lines', (t) => {
  const directory = place(t);
  t.deepEqual(readWhole(directory), { lines: [], damaged: 0 });
  const lines = [periodLine({ period: 1 }), periodLine({ period: 2, stuck: 'no leader “x”' })];
  for (const line of lines) appendPeriod(directory, line);
  t.deepEqual(readWhole(directory), { lines, damaged: 0 });
});

test('a tool that was killed while it wrote costs that line, and never the next one', (t) => {
  const directory = place(t);
  const path = join(directory, LEDGER_FILE);
  const [first, second] = [periodLine({ period: 1 }), periodLine({ period: 2 })];
  appendPeriod(directory, first);
  const whole = readFileSync(path, 'utf8');
  for (let length = 1; length < whole.length - 1; length += 13) {
    writeFileSync(path, whole);
    appendFileSync(path, whole.slice(0, length));
    t.deepEqual(readWhole(directory), { lines: [first], damaged: 0 }, 'as another terminal may see it');
    appendPeriod(directory, second);
    t.deepEqual(readWhole(directory), { lines: [first, second], damaged: 0 });
  }
  writeFileSync(path, whole.slice(0, -1));
  appendPeriod(directory, second);
  t.deepEqual(
    readWhole(directory),
    { lines: [first, second], damaged: 0 },
    'only its line break was missing',
  );
});

test('a line that was whole and is not any more is counted as damaged, wherever it stands', (t) => {
  const directory = place(t);
  const path = join(directory, LEDGER_FILE);
  const lines = [1, 2, 3].map((period) => periodLine({ period }));
  for (const line of lines) appendPeriod(directory, line);
  const whole = readFileSync(path, 'utf8').split('\n');
  for (const at of [0, 1, 2]) {
    writeFileSync(path, whole.map((line, index) => (index === at ? line.slice(0, 40) : line)).join('\n'));
    t.deepEqual(readWhole(directory), { lines: lines.filter((_, index) => index !== at), damaged: 1 });
  }
});

test('a changed byte is noticed wherever it is: no line says what was not written', (t) => {
  const directory = place(t);
  const path = join(directory, LEDGER_FILE);
  const lines = [1, 2, 3].map((period) => periodLine({ period }));
  for (const line of lines) appendPeriod(directory, line);
  const whole = readFileSync(path);
  holds(
    t,
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(whole);
      changed[at]! ^= change;
      writeFileSync(path, changed);
      for (const line of readWhole(directory).lines) t.deepEqual(line, lines[line.period - 1]);
    }),
  );
});

test('a ledger of megabytes is read bit by bit, and from where the last look had ended', (t) => {
  const directory = place(t);
  const long = 'ä'.repeat(300_000);
  const lines = [1, 2, 3, 4, 5].map((period) => periodLine({ period, stuck: `${period}${long}` }));
  for (const line of lines.slice(0, 3)) appendPeriod(directory, line);
  const fromByte = ledgerSize(directory);
  for (const line of lines.slice(3)) appendPeriod(directory, line);
  t.deepEqual([...ledgerLines(directory)], lines);
  t.deepEqual([...ledgerLines(directory, { fromByte })], lines.slice(3));
  t.deepEqual([...ledgerLines(directory, { fromByte: ledgerSize(directory) })], []);
  t.is(ledgerEnd(directory), ledgerSize(directory));
  const end = ledgerSize(directory);
  appendFileSync(join(directory, LEDGER_FILE), '{"period":6');
  t.is(ledgerEnd(directory), end, 'a line that is being written has no end yet');
  const sixth = periodLine({ period: 6 });
  appendPeriod(directory, sixth);
  t.deepEqual([...ledgerLines(directory, { fromByte: end })], [sixth], 'a torn one makes room for it');
});
