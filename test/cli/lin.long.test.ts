import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { Failure } from '../../src/core/failure.ts';
import type { LinearResult } from '../../src/linear/result.ts';
import { lin } from './run-lin.ts';

const KEPT = resolve('bin/kept.js');
const directory = mkdtempSync(join(tmpdir(), 'kept-lin-'));

/** A file that holds a history of calls and answers of one process each: `write 1`, `read 1`. */
function file(name: string, ...operations: [f: string, value: unknown][]): string {
  const lines = operations.flatMap(([f, value]) =>
    ['invoke', 'ok'].map((type) =>
      JSON.stringify({ process: 0, type, f, value: type === 'invoke' && f === 'read' ? null : value }),
    ),
  );
  const path = join(directory, name);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

test.serial('a linearizable history ends with 0 and a witness', async (t) => {
  const { text, status } = await lin(
    file('good.ndjson', ['write', 1], ['read', 1]),
    '--model',
    'register',
    '--json',
  );
  t.is(status, 0);
  t.like(JSON.parse(text) as LinearResult, {
    verdict: 'valid',
    method: 'zones',
    witness: [{ order: [0, 1] }],
  });
});

test.serial('one that is not ends with 1, and names the operations that contradict each other', async (t) => {
  const stale = file('stale.ndjson', ['write', 1], ['write', 2], ['read', 1]);
  const { text, status } = await lin(stale, '--model', 'register');
  t.is(status, 1);
  t.is(
    text,
    `Not linearizable (3 operations; zones)

Cannot be placed: #2 p0 read → 1 (line 5)
  two values must each come before the other

It contradicts these, and needs every one of them:
  #0 p0 write 1 (line 1)
  #1 p0 write 2 (line 3)
`,
  );
  const { culprit } = JSON.parse((await lin(stale, '--model', 'register', '--json')).text) as LinearResult;
  t.like(culprit, { operation: { index: 2, line: 5, f: 'read', output: 1 }, minimal: true });
  t.is(culprit?.conflicts.length, 2);
});

test.serial('the operations of a history tell its model, and the result says so', async (t) => {
  const queue = file('queue.ndjson', ['enqueue', 1], ['dequeue', 1]);
  const { text, status } = await lin(queue);
  t.is(status, 0);
  t.is(text, 'Linearizable (2 operations; sweep)\nmodel: fifo-queue, by its operations\n');
  t.is((await lin(queue, '--model', 'fifo-queue')).text, 'Linearizable (2 operations; sweep)\n');
  t.like(JSON.parse((await lin(queue, '--json')).text), { model: 'fifo-queue', verdict: 'valid' });
  const lock = file('lock.ndjson', ['acquire', null], ['acquire', null]);
  const open = file('open.ndjson', ['read', 1]);
  const several = await lin(queue, lock, open);
  t.is(several.status, 1);
  const lines = several.text.replaceAll(directory, 'logs').split('\n');
  t.deepEqual(lines.slice(0, 2), [
    'logs/queue.ndjson: Linearizable (2 operations; sweep; model: fifo-queue, by its operations)',
    'logs/lock.ndjson: Not linearizable (2 operations; jit; model: mutex, by its operations; #1 p0 acquire (line 3))',
  ]);
  t.regex(lines[2]!, /^logs\/open.ndjson: Unknown \(.* leave open which model .* --model/);
});

test.serial('what kept itself records of a log is sent to the checker of logs', async (t) => {
  const run = fileURLToPath(new URL('../../store/example', import.meta.url));
  const refused = await t.throwsAsync<Failure>(lin(run, '--model', 'append-list'), {
    name: 'Failure',
    message: /is a run of kept/,
  });
  t.is(refused.exitStatus, 64);
  t.regex(refused.hint, /kept check .*store\/example/);
  const inside = await t.throwsAsync<Failure>(lin(join(run, 'events.ndjson')), { name: 'Failure' });
  t.regex(inside.hint, /kept check/);
  const exported = file('edn.ndjson', ['send', [['send', 0, '0:0']]]);
  for (const model of [[], ['--model', 'append-list']]) {
    const { hint } = await t.throwsAsync<Failure>(lin(exported, ...model), {
      name: 'Failure',
      message: /send/,
    });
    t.regex(hint, /kept check.*Kafka workload/);
  }
});

test.serial('what the register holds at first can be said', async (t) => {
  const path = file('initial.ndjson', ['read', 7]);
  t.is((await lin(path, '--model', 'register')).status, 1);
  t.is((await lin(path, '--model', 'register', '--initial', '7')).status, 0);
});

test.serial('of several histories each gets a line, and the worst decides', async (t) => {
  const several = mkdtempSync(join(tmpdir(), 'kept-lin-several-'));
  const into = (name: string, ...operations: [f: string, value: unknown][]) =>
    renameSync(file(name, ...operations), join(several, name));
  into('a.ndjson', ['write', 1], ['read', 1]);
  into('c.ndjson', ['write', 1], ['read', 1]);
  t.is((await lin(several, '--model', 'register')).status, 0);
  writeFileSync(join(several, 'b.ndjson'), '{"process": 0');
  t.is((await lin(several, '--model', 'register')).status, 2);
  into('d.ndjson', ['write', 1], ['write', 2], ['read', 1]);
  const { text, status } = await lin(several, '--model', 'register');
  t.is(status, 1);
  const lines = text.replaceAll(several, 'logs').split('\n');
  t.is(lines[0], 'logs/a.ndjson: Linearizable (2 operations; zones)');
  t.regex(lines[1]!, /^logs\/b\.ndjson: Unknown \(Line 1 is not whole JSON/);
  t.is(lines[3], 'logs/d.ndjson: Not linearizable (3 operations; zones; #2 p0 read → 1 (line 5))');
  t.is(lines.at(-2), '4 histories: 2 linearizable, 1 not, 1 unknown');
  const json = await lin(
    join(several, 'a.ndjson'),
    join(several, 'd.ndjson'),
    '--model',
    'register',
    '--json',
  );
  const results = json.text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as LinearResult & { file: string });
  t.deepEqual(
    results.map(({ verdict }) => verdict),
    ['valid', 'invalid'],
  );
  t.is(results[1]!.file, join(several, 'd.ndjson'));
  await t.throwsAsync(lin(mkdtempSync(join(tmpdir(), 'kept-lin-none-')), '--model', 'register'), {
    message: /holds no files/,
  });
});

test.serial('among several, what cannot be read is unknown, whatever it is, and hides nothing', async (t) => {
  const stale = file('stale.ndjson', ['write', 1], ['write', 2], ['read', 1]);
  const good = file('good.ndjson', ['write', 1], ['read', 1]);
  const place = mkdtempSync(join(tmpdir(), 'kept-lin-bad-'));
  const bad = (name: string) => join(place, name);
  symlinkSync(bad('loop'), bad('loop'));
  mkdirSync(bad('empty'));
  mkdirSync(bad('run'));
  writeFileSync(join(bad('run'), 'run.json'), '{}');
  const deep = `{"process": 0, "type": "invoke", "f": "write", "value": ${'['.repeat(1e5)}${']'.repeat(1e5)}}`;
  writeFileSync(bad('deep.json'), deep);
  for (const [name, reason] of [
    ['loop', /The history \S+loop cannot be read: ELOOP/],
    ['empty', /The directory \S+empty holds no files/],
    ['run', /The directory \S+run is a run of kept/],
    ['nowhere.edn', /The history \S+nowhere.edn cannot be read: ENOENT/],
    ['deep.json', /Line 1 nests more than 500 deep/],
  ] as const) {
    for (const order of [
      [bad(name), stale],
      [stale, bad(name)],
    ]) {
      const { text, status } = await lin(...order);
      t.is(status, 1, name);
      const lines = text
        .split('\n')
        .toSorted((a, b) => Number(b.includes(place)) - Number(a.includes(place)));
      t.true(lines[0]!.startsWith(`${bad(name)}: Unknown (`), text);
      t.regex(lines[0]!, reason);
      t.regex(text, /stale.ndjson: Not linearizable/);
      t.regex(text, /\n2 histories: 0 linearizable, 1 not, 1 unknown/);
    }
    t.is((await lin(bad(name), good)).status, 2, name);
    const json = (await lin(bad(name), stale, '--json')).text.trim().split('\n');
    t.regex((JSON.parse(json[0]!) as LinearResult).reason!, reason);
    t.is((JSON.parse(json[1]!) as LinearResult).verdict, 'invalid');
    const { exitStatus } = await t.throwsAsync<Failure>(lin(bad(name)), { instanceOf: Failure, message: reason }); // prettier-ignore
    t.is(exitStatus, name === 'run' ? 64 : 2, 'alone it is refused');
  }
});

test.serial('links in a directory stand for the files that they lead to', async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'kept-lin-links-'));
  symlinkSync(file('stale.ndjson', ['write', 1], ['write', 2], ['read', 1]), join(place, 'a'));
  symlinkSync(place, join(place, 'b'));
  symlinkSync(join(place, 'c'), join(place, 'c'));
  const { text, status } = await lin(place);
  t.is(status, 1);
  const lines = text.replaceAll(place, 'logs').split('\n');
  t.regex(lines[0]!, /^logs\/a: Not linearizable/);
  t.regex(lines[1]!, /^logs\/c: Unknown .*ELOOP/);
});

test.serial('text that is not UTF-8 is refused: its characters could not be told apart', async (t) => {
  const path = join(directory, 'latin.edn');
  const lines = ['a', '\u00ff', '\u00fe'].map((text, at) => `{:process ${at} :type :invoke :f :write :value "${text}"}`); // prettier-ignore
  for (const [type, value] of [['invoke', 'nil'], ['ok', '"a"']]) lines.push(`{:process 9 :type :${type} :f :read :value ${value}}`); // prettier-ignore
  writeFileSync(path, Buffer.from(lines.join('\n'), 'latin1'));
  await t.throwsAsync(lin(path), { instanceOf: Failure, message: /^Line 2 of the history \S+ is not UTF-8/ });
  writeFileSync(path, lines.join('\n'));
  t.is((await lin(path)).status, 0);
});

test.serial('what the register holds at first is read as exactly as the history', async (t) => {
  const path = join(directory, 'large.ndjson');
  const line = (type: string) => `{"process": 0, "type": "${type}", "f": "read", "value": 9007199254740993}`;
  writeFileSync(path, `${line('invoke')}\n${line('ok')}`);
  const status = async (initial: string) =>
    (await lin(path, '--model', 'register', '--initial', initial)).status;
  t.is(await status('9007199254740993'), 0);
  t.is(await status('9007199254740992'), 1);
  const { exitStatus } = await t.throwsAsync<Failure>(status('['.repeat(5000) + ']'.repeat(5000)), {
    message: /--initial .*deep/,
  });
  t.is(exitStatus, 64);
});

test.serial('a reader that stops listening gets the status of what was found until then', async (t) => {
  const stale = file('stale.ndjson', ['write', 1], ['write', 2], ['read', 1]);
  const good = file('good.ndjson', ['write', 1], ['read', 1]);
  for (const [first, expected] of [
    [stale, 1],
    [good, 2],
  ] as const) {
    const many = Array.from({ length: 3000 }, () => good);
    const child = spawn(process.execPath, [KEPT, 'lin', first, ...many]);
    child.stdout.once('data', () => child.stdout.destroy());
    const [status] = (await once(child, 'close')) as [number | null];
    t.is(status, expected);
  }
});

test.serial('each of several has the time of --timeout', async (t) => {
  // All of these are open at once and follow upon each other in many orders, none of which explains the last read.
  const hard = join(directory, 'hard.ndjson');
  const event = (process: number, type: string, f: string, value: unknown) =>
    JSON.stringify({ process, type, f, value });
  const swaps = (type: string) =>
    Array.from({ length: 64 }, (_, at) => event(at, type, 'cas', [at % 8, at >> 3]));
  const writes = [9, 1].flatMap((value) => ['invoke', 'ok'].map((type) => event(0, type, 'write', value)));
  const read = ['invoke', 'ok'].map((type) => event(0, type, 'read', 9));
  writeFileSync(hard, [...writes, ...swaps('invoke'), ...swaps('ok'), ...read].join('\n'));
  const stale = file('stale.ndjson', ['write', 1], ['write', 2], ['read', 1]);
  const { text, status } = await lin(hard, stale, hard, '--timeout', '200ms', '--memory', '4096');
  t.is(status, 1);
  const lines = text.split('\n');
  for (const at of [0, 2]) t.regex(lines[at]!, /Unknown .*the time was up/);
  t.regex(lines[1]!, /Not linearizable/);
});

test.serial('wrong usage, and files that hold no history, are refused in a sentence', async (t) => {
  await t.throwsAsync(lin(file('x.ndjson', ['read', 1])), {
    name: 'Failure',
    message: 'The operations of this history (read) leave open which model it is of: name it with --model.',
    instanceOf: Failure,
  });
  await t.throwsAsync(lin(file('x.ndjson', ['read', 1]), '--model', 'deque'), {
    message: /register, cas-register, kv, multi-register/,
  });
  await t.throwsAsync(lin('nowhere.edn', '--model', 'register'), {
    name: 'Failure',
    message: /nowhere.edn cannot be read/,
  });
  await t.throwsAsync(lin(file('x.ndjson', ['read', 1]), '--model', 'mutex'), {
    name: 'Failure',
    message: /knows acquire, release, not read/,
  });
});
