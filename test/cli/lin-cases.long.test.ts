import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { Failure } from '../../src/core/failure.ts';
import { lin } from './run-lin.ts';

const CASES = resolve('test/cases/lin');
const directory = mkdtempSync(join(tmpdir(), 'kept-lin-cases-'));

/** The exit status of `kept lin`, and what it says: the result, or why it refuses. */
async function said(...argv: string[]): Promise<{ status: number; text: string }> {
  try {
    const { status, text } = await lin(...argv);
    return { status: Number(status), text };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { status: error.exitStatus, text: `${error.message}\n${error.hint}` };
  }
}

function written(name: string, lines: string): string {
  const path = join(directory, name);
  writeFileSync(path, lines);
  return path;
}

const REFUSED = 64;
const edn = (process: number, f: string, asked: string, answered = asked) =>
  `{:process ${process}, :type :invoke, :f :${f}, :value ${asked}}\n{:process ${process}, :type :ok, :f :${f}, :value ${answered}}\n`;

for (const [name, status, text] of [
  // Histories of other objects than the names of their operations speak for.
  ['mops.edn', REFUSED, /model register, but line 1 holds steps of a transaction[^]*multi-register/],
  ['long-fork.edn', REFUSED, /steps of a transaction/],
  ['mops-append.edn', REFUSED, /model append-list, but line 1 holds steps of a transaction[^]*Elle/],
  ['versioned-kv.edn', REFUSED, /model kv, but read in line 3 asks for/],
  ['comments.edn', REFUSED, /model register, but line 4 returns \[11\], a list, where 11 and the like/],
  ['dirty-reads.edn', REFUSED, /line 4 returns \[1,1,1\], a list/],
  ['read-map.edn', REFUSED, /read in line 3 asks for \{"k":"x"\}/],
  ['write-changed.edn', REFUSED, /write in line 1 asks for 3, and its answer in line 2 carries/],
  ['queue-total.edn', 2, /would hold for a queue without an order/],
  ['counter-adds.edn', REFUSED, /\(add\) leave open which model/],
  // Objects that may have begun with something.
  ['initial0.edn', 2, /would hold if the register began with 0: --initial 0\n/],
  ['initial-cas.edn', 2, /would hold if the register began with 0: --initial 0\n/],
  ['initial-kv.edn', 2, /--initial '\{"colour":"red","size":"big"\}'/],
  // Formats of text, and one that mixes two.
  ['maelstrom-log.log', 1, /model: kv, by its operations[^]*0: read → 3 \(line 3\)/],
  ['modern-log-2.log', 0, /nothing asks what the object holds/],
  ['history10.txt', 0, /3 operations, 1 of unknown outcome/],
  ['history-txt-nemesis.txt', 1, /read → 2 \(line 4\)/],
  ['mixed.log', 2, /Line 3 is of another version of Jepsen than line 1/],
  // Nothing was tested.
  ['allfail.edn', 2, /no operation completed/],
  ['set-noread.edn', 2, /nothing was tested/],
  ['elle8.edn', 1, /model: multi-register/],
  ['cas-triple.edn', 0, /model: kv/],
  ['intervals.ndjson', 0, /2 operations/],
] as const) {
  test.serial(`${name} gets ${status}`, async (t) => {
    const result = await said(join(CASES, name));
    t.is(result.status, status, result.text);
    t.regex(result.text, text);
  });
}

test.serial('a guess against which anything speaks is refused, whatever it is', async (t) => {
  for (const [name, lines, reason] of [
    ['text for number', edn(0, 'write', '1') + edn(0, 'read', 'nil', '"1"'), /returns "1", a text, where 1/],
    ['truth for number', edn(0, 'write', '1') + edn(0, 'read', 'nil', 'true'), /returns true, boolean/],
    ['all rows', edn(0, 'write', '[1 2]') + edn(0, 'read', 'nil', '[[1 2] [3 4]]'), /a list, where \[1,2\]/],
    ['longer list', edn(0, 'write', '[1 2]') + edn(0, 'read', 'nil', '[1 2 3]'), /returns \[1,2,3\]/],
    ['other map', edn(0, 'write', '{:a 1}') + edn(0, 'read', 'nil', '{:a 1, :rev 2}'), /a map, where/],
    ['set with a count', edn(0, 'add', '1') + edn(0, 'read', 'nil', '1'), /and no list[^]*--model counter/],
    ['set of pairs', edn(0, 'add', '1') + edn(0, 'read', 'nil', '[[1 1]]'), /returns \[1,1\], a list/],
    ['bag', edn(0, 'add', '1').repeat(2) + edn(0, 'read', 'nil', '[1 1]'), /a bag could hold/],
    [
      'keyed set',
      edn(0, 'add', '["a" 1]') + edn(0, 'read', '["a" nil]', '["a" [1]]'),
      /every value is a pair/,
    ],
    ['keyed queue', edn(0, 'enqueue', '["a" 1]') + edn(0, 'dequeue', '["a" nil]', '["a" 1]'), /is a pair/],
    ['keyed list', edn(0, 'append', '["a" 1]') + edn(0, 'read', '["a" nil]', '["a" [1]]'), /is a pair/],
    [
      'keyed locks',
      edn(0, 'acquire', '["a" nil]') + edn(1, 'acquire', '["b" nil]'),
      /is a pair|different locks/,
    ],
    ['named locks', edn(0, 'acquire', '"a"') + edn(1, 'acquire', '"b"'), /may be different locks/],
    [
      'read by key',
      edn(0, 'append', '["a" 1]') + edn(0, 'read', '"a"', '[1]'),
      /read in line 3 asks for "a"/,
    ],
    [
      'number for a map',
      edn(0, 'write', '1', '17') + edn(0, 'read', 'nil', '17'),
      /its answer in line 2 carries 17/,
    ],
    [
      'cas that says no',
      edn(0, 'write', '1') + edn(0, 'cas', '[2 3]', 'false'),
      /carries false[^]*type fail/,
    ],
    [
      'enqueue with an id',
      edn(0, 'enqueue', '1', '{:id 7}') + edn(0, 'dequeue', 'nil', '{:id 7}'),
      /carries/,
    ],
    [
      'txn of lists',
      edn(0, 'txn', '[[:w 1 2]]') + edn(0, 'txn', '[[:r 1 nil]]', '[[:r 1 [2]]]'),
      /returns \[2\]/,
    ],
    ['txn that appends', edn(0, 'txn', '[[:append 1 2]]'), /and not a read[^]*Elle/],
    [
      'some with keys',
      `{"process":0,"type":"invoke","f":"write","key":"a","value":1}\n{"process":1,"type":"invoke","f":"read"}`,
      /about the key "a", and line 2 about none|does not say which key/,
    ],
  ] as const) {
    const { status, text } = await said(written('guess.edn', lines));
    t.true(status === REFUSED || status === 2, `${name}: ${status} ${text}`);
    t.regex(text, reason, name);
    t.regex(text, /model|which key/, name);
  }
});

test.serial('what does not speak against a guess does not stop it', async (t) => {
  for (const [name, lines, status] of [
    ['pairs as values', edn(0, 'write', '[1 2]') + edn(0, 'read', 'nil', '[1 2]'), 0],
    [
      'lists of any length',
      edn(0, 'write', '[1]') + edn(0, 'write', '[1 2]') + edn(0, 'read', 'nil', '[1 2]'),
      0,
    ],
    ['a large integer', edn(0, 'write', '9007199254740993') + edn(0, 'read', 'nil', '5'), 1],
    ['an answer of true', edn(0, 'write', '1', 'true') + edn(0, 'read', 'nil', '1'), 0],
    ['an answer left out', edn(0, 'write', '1', 'nil') + edn(0, 'read', 'nil', '2'), 1],
    ['tokens of a lock', edn(0, 'acquire', 'nil', '1') + edn(1, 'acquire', 'nil', '2'), 1],
    [
      'maps in parts',
      edn(0, 'write', '{:x 1, :y 2}') + edn(0, 'write', '{:x 5}') + edn(0, 'read', 'nil', '{:x 5, :y 2}'),
      2,
    ],
    ['a set', edn(0, 'add', '1') + edn(0, 'add', '1') + edn(0, 'read', 'nil', '#{1}'), 0],
    ['a member twice', edn(0, 'add', '1') + edn(0, 'read', 'nil', '[1 1]'), 1],
    ['a value twice from a queue', edn(0, 'enqueue', '1') + edn(0, 'dequeue', 'nil', '1').repeat(2), 2],
    ['a queue that loses', edn(0, 'enqueue', '1') + edn(0, 'dequeue', 'nil', 'nil'), 1],
  ] as const) {
    const result = await said(written('fine.edn', lines));
    t.is(result.status, status, `${name}: ${result.text}`);
  }
});

test.serial('a model that was named is split by key, saying so, or refused', async (t) => {
  for (const [model, update, read, answer] of [
    ['register', edn(0, 'write', '["a" 1]') + edn(0, 'write', '["b" 2]'), 'read', '1'],
    ['cas-register', edn(0, 'write', '["a" 0]') + edn(0, 'cas', '["a" [0 1]]'), 'read', '1'],
    ['cas-register', edn(0, 'write', '["a" 0]') + edn(0, 'cas', '["a" 0 1]'), 'read', '1'],
    ['set', edn(0, 'add', '["b" 2]') + edn(0, 'add', '["a" 1]'), 'read', '[1]'],
    ['append-list', edn(0, 'append', '["b" 2]') + edn(0, 'append', '["a" 1]'), 'read', '[1]'],
    ['fifo-queue', edn(0, 'enqueue', '["b" 2]') + edn(0, 'enqueue', '["a" 1]'), 'dequeue', '1'],
    ['unordered-queue', edn(0, 'enqueue', '["b" 2]') + edn(0, 'enqueue', '["a" 1]'), 'dequeue', '1'],
    ['stack', edn(0, 'push', '["a" 1]') + edn(0, 'push', '["b" 2]'), 'pop', '1'],
    ['counter', edn(0, 'add', '["b" 2]') + edn(0, 'add', '["a" 1]'), 'read', '1'],
    ['mutex', edn(0, 'acquire', '["b" nil]') + edn(0, 'acquire', '["a" nil]'), 'release', 'nil'],
  ] as const) {
    const history = (found: string) =>
      written('keyed.edn', update + edn(1, read, '["a" nil]', `["a" ${found}]`));
    const right = await said(history(answer), '--model', model);
    t.is(right.status, 0, `${model}: ${right.text}`);
    t.regex(right.text, /split by key: every value is a pair of a key and a value/, model);
    if (model === 'mutex') continue;
    t.is((await said(history(answer.replace('1', '3')), '--model', model)).status, 1, model);
  }
  for (const [model, lines, reason] of [
    [
      'register',
      edn(0, 'write', '1') + edn(0, 'read', 'nil', '[1]'),
      /cannot be of the model register: line 4/,
    ],
    ['register', edn(0, 'write', '[[:w 9 2]]') + edn(0, 'read', '[[:r 9 nil]]', '[[:r 9 2]]'), /steps of/],
    [
      'kv',
      edn(0, 'write', '[7 [nil 3]]', '[7 [1 3]]') + edn(0, 'read', '[7 nil]', '[7 [1 3]]'),
      /its answer in line 2/,
    ],
    ['register', edn(0, 'write', '["a" 1]') + edn(0, 'read', '["a" nil]', '1'), /as if for a key/],
    ['register', edn(0, 'read', '"a"', '1') + edn(0, 'read', '"b"', '2'), /asks for "a"/],
    ['mutex', edn(0, 'acquire', '"a"') + edn(1, 'acquire', '"b"'), /different locks/],
  ] as const) {
    const refused = await said(written('named.edn', lines), '--model', model);
    t.is(refused.status, REFUSED, refused.text);
    t.regex(refused.text, reason);
    t.regex(refused.text, new RegExp(`cannot be of the model ${model}`));
  }
  // One strange answer among others is what a named model convicts.
  const strange = edn(0, 'write', '1') + edn(0, 'read', 'nil', '1') + edn(0, 'read', 'nil', '[1]');
  t.is((await said(written('one.edn', strange), '--model', 'register')).status, 1);
});

test.serial('what an object held at first is found, said, and taken', async (t) => {
  for (const [model, lines, initial, said_] of [
    ['register', edn(0, 'read', 'nil', '7'), '7', /the register began with 7: --initial 7\n/],
    ['cas-register', edn(0, 'cas', '["a b" 3]'), '"a b"', /--initial '"a b"'/],
    [
      'kv',
      edn(0, 'read', '[1 nil]', '[1 0]') + edn(0, 'read', '[2 nil]', '[2 0]'),
      '0',
      /the store began with 0: --initial 0\n/,
    ],
    [
      'kv',
      edn(0, 'read', '[1 nil]', '[1 "x"]') + edn(0, 'read', '[2 nil]', '[2 "y"]'),
      '{"1":"x","2":"y"}',
      /--initial '\{"1":"x","2":"y"\}'/,
    ],
    ['set', edn(0, 'add', '1') + edn(0, 'read', 'nil', '[1 2 3]'), '[2,3]', /the set began with \[2,3\]/],
    [
      'set',
      edn(0, 'read', 'nil', '[1]') + edn(0, 'remove', '1') + edn(0, 'add', '1'),
      '[1]',
      /--initial '\[1\]'/,
    ],
    [
      'append-list',
      edn(0, 'append', '3') + edn(0, 'read', 'nil', '[1 2 3]'),
      '[1,2]',
      /the list began with \[1,2\]/,
    ],
    [
      'fifo-queue',
      edn(0, 'enqueue', '3') + edn(0, 'dequeue', 'nil', '1') + edn(0, 'dequeue', 'nil', '3'),
      '[1]',
      /the queue began with \[1\]/,
    ],
    ['unordered-queue', edn(0, 'dequeue', 'nil', '1'), '[1]', /the queue began with \[1\]/],
    ['stack', edn(0, 'pop', 'nil', '2') + edn(0, 'pop', 'nil', '1'), '[1,2]', /the stack began with \[1,2\]/],
    ['counter', edn(0, 'add', '5') + edn(0, 'read', 'nil', '12'), '7', /the counter began with 7/],
    ['multi-register', edn(0, 'txn', '[[:r 1 nil]]', '[[:r 1 5]]'), '5', /the registers began with 5/],
  ] as const) {
    const path = written('beginning.edn', lines);
    const convicted = await said(path, '--model', model);
    t.is(convicted.status, 1, `${model}: ${convicted.text}`);
    t.regex(convicted.text, said_);
    const taken = await said(path, '--model', model, '--initial', initial);
    t.is(taken.status, 0, `${model}: ${taken.text}`);
  }
  // A contradiction that no beginning explains stays one, also for a guess.
  const gone = written('gone.edn', edn(0, 'write', '1') + edn(0, 'read', 'nil', '2'));
  const { status, text } = await said(gone);
  t.is(status, 1);
  t.notRegex(text, /--initial/);
  // Contents of an object show neither among the operations nor in the order that explains them.
  const queue = written('queue.edn', edn(0, 'dequeue', 'nil', '1') + edn(0, 'dequeue', 'nil', '2'));
  const right = JSON.parse((await said(queue, '--initial', '[1,2]', '--json')).text) as { witness: unknown };
  t.deepEqual(right.witness, [{ order: [0, 1] }]);
  const wrong = await said(queue, '--initial', '[2,1]', '--model', 'fifo-queue');
  t.is(wrong.status, 1);
  t.notRegex(wrong.text, /initial/);
  for (const [model, initial] of [
    ['mutex', '1'],
    ['set', '1'],
    ['fifo-queue', '{}'],
  ] as const) {
    // prettier-ignore
    const refused = await said(queue, '--model', model, '--initial', initial);
    t.is(refused.status, REFUSED, model);
  }
});

test.serial('times that contradict the order of lines are refused, or taken with --order time', async (t) => {
  const line = (process: number, type: string, f: string, value: number | null, time: unknown) =>
    JSON.stringify({ process, type, f, value, time });
  // By its lines the read is over before the write is called, by its times they are concurrent.
  const lines = [
    line(1, 'invoke', 'read', null, 10),
    line(1, 'ok', 'read', 1, 30),
    line(0, 'invoke', 'write', 1, 20),
    line(0, 'ok', 'write', 1, 40),
  ];
  const path = written('times.ndjson', lines.join('\n'));
  const refused = await said(path, '--model', 'register');
  t.is(refused.status, REFUSED);
  t.regex(
    refused.text,
    /Line 3 has the time 20, but stands behind line 2, which has the time 30[^]*--order time/,
  );
  t.is((await said(path, '--model', 'register', '--order', 'time')).status, 0);
  t.is((await said(path, '--model', 'register', '--order', 'lines')).status, 1);
  // Two calls, or two returns, that changed places are concurrent either way.
  const harmless = [lines[2]!, lines[0]!, lines[3]!, lines[1]!].join('\n');
  t.is((await said(written('harmless.ndjson', harmless))).status, 0);
  const indexed = lines
    .map((text, at) => text.replace(/"time":\d+/, `"index":${[2, 3, 0, 1][at]!}`))
    .join('\n');
  t.regex(
    (await said(written('index.ndjson', indexed))).text,
    /Line 3 has the index 0, but stands behind line 2/,
  );
  const untimed = await said(join(CASES, 'cas-triple.edn'), '--order', 'time');
  t.is(untimed.status, REFUSED);
  t.regex(untimed.text, /line 1 has no time/);
  const log = (time: string, rest: string) =>
    `2022-07-28 07:53:${time}{GMT}\tINFO\t[jepsen worker 2] jepsen.util: ${rest}\n`;
  const stamped = log('02,100', '1\t:invoke\t:read\tnil') + log('02,300', '1\t:ok\t:read\t1') + log('02,200', '0\t:invoke\t:write\t1') + log('02,400', '0\t:ok\t:write\t1'); // prettier-ignore
  t.regex((await said(written('stamps.log', stamped))).text, /Line 3 has the time 2022-07-28 07:53:02.2,/);
  t.is((await said(written('stamps.log', stamped), '--order', 'time')).status, 0);
});

test.serial('a file is one history in one format, and never judged by half of it', async (t) => {
  const log = 'INFO  jepsen.util - 0\t:invoke\t:write\t1\nINFO  jepsen.util - 0\t:ok\t:write\t1\n';
  const json =
    '{"process":0,"type":"invoke","f":"write","value":1}\n{"process":0,"type":"ok","f":"write","value":1}\n';
  const interval = '{"process":0,"f":"write","input":1,"output":null,"outcome":"ok","call":0,"ret":1}\n';
  const forms = {
    log,
    json,
    interval,
    edn: edn(0, 'write', '1'),
    txt: '0\t:invoke\t:write\t1\n0\t:ok\t:write\t1\n',
  };
  for (const [first, text] of Object.entries(forms)) {
    for (const [second, rest] of Object.entries(forms)) {
      const { status, text: reason } = await said(written('mixed.txt', text + rest), '--model', 'register');
      t.is(status, first === second ? 0 : 2, `${first}, ${second}: ${reason}`);
    }
  }
  for (const half of ['INFO  jepsen.util - 0 :invoke\n', 'INFO  jepsen.util - 0 :maybe :read 1\n'])
    t.regex(
      (await said(written('half.log', log + half))).text,
      /Line 3 begins like an operation and is none/,
    );
  const passed = 'INFO  jepsen.util - Waiting for node 1\nINFO  jepsen.core - {:valid? true}\n';
  t.is((await said(written('log.log', passed + log + passed))).status, 0);
});

test.serial('directories: the history of each run of Jepsen, and what is none counted', async (t) => {
  const run = join(directory, 'store', 'lin-kv', '20240927T160816.000Z');
  mkdirSync(join(run, 'independent', '0'), { recursive: true });
  mkdirSync(join(run, 'n1'));
  const good = edn(0, 'write', '1') + edn(1, 'read', 'nil', '1');
  for (const [name, content] of [
    ['history.edn', good],
    ['history.txt', '0\t:invoke\t:write\t1\n'],
    ['jepsen.log', 'INFO  jepsen.util - 0 :invoke :write 1\n'],
    ['results.edn', '{:valid? true, :op {:process 1, :type :ok}}'],
    ['test.jepsen', 'JEPSEN\0'],
    ['timeline.html', '<html></html>'],
    ['n1/db.log', '{"level":"info","type":"start"}\n'],
    ['n1/db.bin', 'a\0b'],
    ['independent/0/history.edn', good],
    ['independent/0/results.edn', '{:valid? true}'],
  ] as const)
    writeFileSync(join(run, name), content);
  for (const link of ['latest', 'current']) symlinkSync(run, join(directory, 'store', link));
  symlinkSync('20240927T160816.000Z', join(run, '..', 'latest'));
  const whole = await said(join(directory, 'store'));
  t.is(whole.status, 0, whole.text);
  t.regex(whole.text, /\n2 histories: 2 linearizable[^]*\n8 files passed over: no histories\n$/);
  const latest = await said(join(directory, 'store', 'latest'));
  t.is(latest.status, 0);
  t.regex(
    latest.text,
    /store\/latest\/history.edn: Linearizable[^]*independent\/0\/history.edn: Linearizable/,
  );
  writeFileSync(
    join(run, 'independent', '0', 'history.edn'),
    edn(0, 'write', '1') + edn(1, 'read', 'nil', '2'),
  );
  t.is((await said(join(directory, 'store'))).status, 1);
  writeFileSync(join(run, 'independent', '0', 'history.edn'), '');
  const empty = await said(join(directory, 'store'));
  t.is(empty.status, 2, 'an empty history.edn is a history that was lost');
  const none = join(directory, 'none');
  cpSync(join(run, 'n1'), none, { recursive: true });
  const nothing = await said(none);
  t.is(nothing.status, 2);
  t.regex(nothing.text, /holds no histories: 2 files were passed over/);
  t.is((await said(none, join(run, 'history.edn'))).status, 2);
});

test.serial('gzip is undone, whatever the file is called', async (t) => {
  const history = edn(0, 'write', '1') + edn(1, 'read', 'nil', '2');
  const packed = gzipSync(history);
  for (const name of ['history.edn.gz', 'packed']) {
    writeFileSync(join(directory, name), packed);
    t.is((await said(join(directory, name))).status, 1, name);
  }
  writeFileSync(join(directory, 'cut.gz'), packed.subarray(0, packed.length - 9));
  const cut = await said(join(directory, 'cut.gz'));
  t.is(cut.status, 2);
  t.regex(cut.text, /cut.gz cannot be unpacked/);
  const place = join(directory, 'packed-run');
  mkdirSync(place);
  writeFileSync(join(place, 'history.edn.gz'), packed);
  writeFileSync(join(place, 'jepsen.log.gz'), gzipSync('INFO  jepsen.util - 0 :invoke :write 1\n'));
  t.regex((await said(place)).text, /^Not linearizable[^]*1 file passed over/);
  t.regex((await said('-', '-')).text, /Standard input can be read only once/);
});
