import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import { execa } from 'execa';
import { asciiJson, asciiText, columnsOf, wantsAscii } from '../../src/cli/terminal/locale.ts';
import { textColumns } from '../../src/report/text/paragraphs.ts';

test('C and POSIX, and other character sets, get ASCII; LC_ALL goes before LC_CTYPE and LANG', (t) => {
  for (const LANG of ['C', 'POSIX', 'de_DE.ISO-8859-1', 'de_DE.ISO-8859-15@euro'])
    t.true(wantsAscii({ LANG }), LANG);
  for (const LANG of ['C.UTF-8', 'en_US.utf8', 'de_DE.UTF-8@euro', 'en_US', ''])
    t.false(wantsAscii({ LANG }), LANG);
  t.false(wantsAscii({}));
  t.true(wantsAscii({ LC_ALL: 'C', LANG: 'C.UTF-8' }));
  t.false(wantsAscii({ LC_ALL: '', LC_CTYPE: 'C.UTF-8', LANG: 'C' }));
});

test('signs become what stands for them, letters lose their accents, and the rest is escaped', (t) => {
  t.is(asciiText('“kill” → 3–5 … ✗ • café 漢'), String.raw`"kill" -> 3-5 ... x * cafe \u6f22`);
});

testProp(
  'nothing but ASCII is left, and JSON stays the same JSON',
  [fc.jsonValue({ stringUnit: 'binary' })],
  (t, value) => {
    const json = JSON.stringify(value);
    t.deepEqual(JSON.parse(asciiJson(json)), JSON.parse(json));
    // oxlint-disable-next-line no-control-regex -- all of ASCII.
    for (const text of [asciiJson(json), asciiText(json)]) t.regex(text, /^[\0-\x7F]*$/);
  },
);

test('COLUMNS goes before what a terminal says, and lines are neither too narrow nor too wide to read', (t) => {
  const terminal = { isTTY: true, columns: 72 };
  t.is(columnsOf(terminal, {}), 72);
  t.is(columnsOf(terminal, { COLUMNS: '60' }), 60);
  t.is(columnsOf(terminal, { COLUMNS: 'wide' }), 72);
  t.is(columnsOf({ columns: 72 }, {}), undefined);
  t.deepEqual([undefined, 0, 10, 60, 500].map(textColumns), [100, 100, 40, 60, 100]);
});

const kept = (args: string[], env: Record<string, string>) =>
  execa('node', ['bin/kept.js', ...args], {
    env: { LC_ALL: '', LC_CTYPE: '', LANG: 'C.UTF-8', ...env },
    reject: false,
  });

test('a check in a narrow terminal with LANG=C: ASCII, no line wider than the terminal, and the same status', async (t) => {
  const narrow = await kept(['check', 'test/cases/acks1-seen-lost.ndjson'], { LANG: 'C', COLUMNS: '60' });
  const usual = await kept(['check', 'test/cases/acks1-seen-lost.ndjson'], {});
  t.is(narrow.exitCode, 1);
  t.is(usual.exitCode, 1);
  // oxlint-disable-next-line no-control-regex -- all of ASCII.
  t.regex(narrow.stdout, /^[\0-\x7F]*$/);
  // oxlint-disable-next-line no-control-regex -- all of ASCII.
  t.notRegex(usual.stdout, /^[\0-\x7F]*$/);
  for (const line of narrow.stdout.split('\n')) if (!line.startsWith('Run:')) t.true(line.length <= 60, line);
  t.true(usual.stdout.split('\n').some((line) => line.length > 80));
  const flowing = (text: string) => text.replaceAll(/\s+/g, ' ').trim();
  t.is(flowing(narrow.stdout), flowing(asciiText(usual.stdout)));
  const json = await kept(['check', 'test/cases/acks1-seen-lost.ndjson', '--json'], { LANG: 'C' });
  t.deepEqual(
    JSON.parse(json.stdout),
    JSON.parse((await kept(['check', 'test/cases/acks1-seen-lost.ndjson', '--json'], {})).stdout),
  );
});
