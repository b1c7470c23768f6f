import test from 'ava';
import fc from 'fast-check';
import { check } from '../../src/linear/check.ts';
import { exactNumber } from '../../src/linear/format/number.ts';
import { readEvents, readHistory } from '../../src/linear/format/read-history.ts';
import { modelNamed } from '../../src/linear/models/catalog.ts';
import type { Operation } from '../../src/linear/operation.ts';
import { drafts, historyOf } from '../oracle/drafts.ts';
import { effort } from '../oracle/effort.ts';
import { SORTS } from '../oracle/kinds.ts';
import { holds } from '../holds.ts';

const told = (history: Operation[]) =>
  history.map(({ process, f, key, input, output, outcome, call, ret }) =>
    [
      process,
      key === undefined ? '' : JSON.stringify(key),
      f,
      JSON.stringify(input),
      JSON.stringify(output),
      outcome,
      call,
      ret,
    ].join(' '),
  );

const read = (text: string, model = 'register') => told(readHistory(text, { model }));

test('the lines of logs from 2014 until today', (t) => {
  const lines = (prefix: (process: string) => string) =>
    [
      ['0', 'invoke', 'write', '5'],
      [':nemesis', 'info', 'start', '{"n1" "cut"}'],
      ['0', 'ok', 'write', '5'],
      ['1', 'invoke', 'read', 'nil'],
      ['1', 'fail', 'read', 'nil\t[11 "not a leader"]'],
      ['2', 'invoke', 'write', '"a b"'],
      ['2', 'info', 'write', '"a b"\t:timeout'],
    ]
      .map(([process, ...rest]) => `${prefix(process!)}\t:${rest[0]}\t:${rest[1]}\t${rest[2]}`)
      .join('\n');
  const expected = ['0  write 5 null ok 0 2', '2  write "a b" null info 5 Infinity'];
  let time = 1_350_999_542;
  for (const prefix of [
    (process: string) => `INFO  jepsen.util - ${process}`,
    (process: string) => `INFO [2018-04-13 23:32:29,761] jepsen worker 0 - jepsen.util ${process}`,
    (process: string) => `2021-02-26 23:39:01,300{GMT}\tINFO\t[jepsen worker 0] jepsen.util: ${process}`,
    (process: string) =>
      `2022-07-28 07:53:02,859{GMT}\tINFO\t[jepsen worker 2] jepsen.util: [ ${time++} ] ${process}`,
    // What history.txt holds, whose lines begin with the process.
    (process: string) => process,
  ]) {
    t.deepEqual(read(lines(prefix)), expected, prefix('0'));
    t.deepEqual(read(lines(prefix).replaceAll('\n', '\r\n')), expected, 'with the line ends of Windows');
  }
});

test('a failed cas says something in the logs of etcd tests only', (t) => {
  const failed = (prefix: string) => readHistory(`${prefix}0\t:invoke\t:cas\t[1 2]\n${prefix}0\t:fail\t:cas\t[1 2]`, { model: 'cas-register' }).length; // prettier-ignore
  t.is(failed('INFO  jepsen.util - '), 1);
  t.is(
    failed('2021-02-26 23:39:01,300{GMT}\tINFO\t[jepsen worker 0] jepsen.util: '),
    0,
    '"not a leader" fails, too',
  );
  t.is(failed(''), 0);
});

test('a value between tabs is all that stands there', (t) => {
  t.throws(() => read('0\t:invoke\t:write\thello world\n'), { message: /Line 1 has several forms/ });
  t.deepEqual(read('0\t:invoke\t:write\t(1 2)\t:error 5\n'), ['0  write [1,2] null info 0 Infinity']);
  t.throws(() => read('0\t:invoke\t:write\t1\nstray\n'), {
    message: /Line 2 is no line of a history.txt: stray/,
  });
});

const PORCUPINE = [
  { ClientId: 0, Input: { Op: 'Put', Key: 'a', Value: '1' }, Call: 5, Output: {}, Return: 9 },
  { ClientId: 1, Input: { Op: 'Get', Key: 'a', Value: '' }, Call: 9, Output: { Value: '1' }, Return: 12 },
  {
    ClientId: 0,
    Input: { Op: 'Append', Key: 'a', Value: '2' },
    Call: 10,
    Output: { Value: '' },
    Return: null,
  },
];
const OWN = [
  { process: 0, f: 'write', key: 'a', input: '1', output: null, outcome: 'ok', call: 5, ret: 9 },
  { process: 1, f: 'read', key: 'a', input: null, output: '1', outcome: 'ok', call: 9, ret: 12 },
  { process: 0, f: 'append', key: 'a', input: '2', output: null, outcome: 'info', call: 10, ret: null },
];

test('operations in one piece, with our names and with those of Porcupine', (t) => {
  const expected = [
    // The read is called when the write returns: they are concurrent.
    '0 "a" write "1" null ok 0 1',
    '1 "a" read null "1" ok 1 3',
    '0 "a" append "2" null info 2 Infinity',
  ];
  for (const operations of [PORCUPINE, OWN]) {
    t.deepEqual(read(JSON.stringify(operations), 'kv'), expected);
    t.deepEqual(read(operations.map((each) => JSON.stringify(each)).join('\n'), 'kv'), expected);
    t.deepEqual(
      read(
        operations
          .toReversed()
          .map((each) => JSON.stringify(each))
          .join('\n'),
        'kv',
      ),
      expected,
    );
  }
  const edn = '{:process 0 :f :write :input 1 :call 1 :ret 2} {:process 1 :f :read :output 1 :call 3 :ret 4}';
  t.deepEqual(read(edn), ['0  write 1 null ok 0 1', '1  read null 1 ok 2 3']);
  const swaps = [true, false].map((output, at) => ({ process: 0, f: 'cas', input: [1, 2], output, call: at, ret: at })); // prettier-ignore
  t.deepEqual(read(JSON.stringify(swaps), 'cas-register'), [
    '0  cas [1,2] true ok 0 0',
    '0  cas [1,2] false ok 1 1',
  ]);
});

test('times of operations in one piece are told apart, whatever they are', (t) => {
  const pair = (...times: unknown[]) =>
    times.map((time, at) => `{"process":${at},"f":"write","input":${at},"call":${String(time)},"ret":${String(time)}}`).join('\n'); // prettier-ignore
  for (const [first, second] of [
    ['1700000000000000001', '1700000000000000002'],
    ['0.25', '0.5'],
    ['"2024-01-01T00:00:00.1Z"', '"2024-01-01T00:00:00.11Z"'],
    ['"2024-01-01T00:00:00Z"', '"2024-01-01T00:00:00.001Z"'],
    ['5', '1700000000000000002'],
  ])
    t.deepEqual(read(pair(second, first)), ['1  write 1 null ok 0 0', '0  write 0 null ok 1 1'], first);
  t.throws(() => read(pair(1, '"2024-01-01T00:00:00Z"')), { message: /line 2 has times of another sort/ });
});

test('what is no operation in one piece is refused, with its line', (t) => {
  const [whole] = OWN;
  for (const [change, message] of [
    [{ f: undefined }, /line 2 lacks its f/],
    [{ f: 7 }, /line 2 has 7 for its f/],
    [{ call: 'soon' }, /line 2 lacks the time of its call/],
    [{ ret: undefined }, /line 2 lacks the time of its return/],
    [{ call: 10 }, /line 2 returns before it is called/],
    [{ outcome: 'maybe' }, /line 2 has the outcome "maybe"/],
    [{ f: 'read', output: undefined }, /The read in line 2 lacks its output/],
  ] as const)
    t.throws(() => read(`${JSON.stringify(whole)}\n${JSON.stringify({ ...whole, ...change })}`, 'kv'), { name: 'Failure', message }); // prettier-ignore
  t.throws(() => read('{"Input": {"Op": 1, "Key": "a"}, "Call": 1, "Return": 2}'), {
    message: /has 1 for its f/,
  });
});

test('a history gets one verdict, as events and as operations in one piece', async (t) => {
  const tally = { valid: 0, invalid: 0, unknown: 0 };
  await holds(
    t,
    fc.asyncProperty(drafts({ operationsMax: 6, values: 3 }), async (plan) => {
      const history = historyOf(SORTS['cas register']!, plan);
      const model = modelNamed('cas-register');
      const { verdict } = await check(model, history);
      const whole = history.map((operation) => ({
        ...operation,
        ret: operation.outcome === 'ok' ? operation.ret : null,
      }));
      const again = readHistory(JSON.stringify(whole), { model: 'cas-register' });
      t.is((await check(model, again)).verdict, verdict);
      tally[verdict]++;
    }),
    effort(500),
  );
  t.true(tally.valid > 20 && tally.invalid > 20, JSON.stringify(tally));
});

test('integers beyond 2^53 are told apart in every notation', (t) => {
  for (const [one, other] of [
    ['9007199254740993', '9007199254740992'],
    ['9007199254740993.0', '9007199254740992.0'],
    ['9007199254740993e0', '9007199254740992e0'],
    ['9.007199254740993e15', '9.007199254740992e15'],
    ['-90071992547409930e-1', '-90071992547409920e-1'],
    ['9007199254740993.5', '9007199254740993.25'],
  ] as const) {
    t.not(exactNumber(one), exactNumber(other), one);
    for (const line of [
      (value: string) => `{"process": 0, "type": "invoke", "f": "write", "value": ${value}}`,
      (value: string) => `{"process": 0, "f": "write", "input": ${value}, "call": 0, "ret": 1}`,
      (value: string) => `{:process 0, :type :invoke, :f :write, :value ${value}}`,
      (value: string) => `0\t:invoke\t:write\t${value}`,
      (value: string) => `INFO  jepsen.util - 0 :invoke :write ${value}`,
    ]) {
      const [first, second] = [one, other].map(
        (value) => readHistory(line(value), { model: 'register' })[0]!,
      );
      t.not(first!.input, second!.input, line(one));
    }
  }
  t.is(exactNumber('9007199254740993N'), exactNumber('+9007199254740993'));
  for (const [token, value] of [
    ['1.0', 1],
    ['1e3', 1000],
    ['-0.5', -0.5],
    ['1.5M', 1.5],
    ['1e20', 1e20],
    ['1/3', '1/3'],
    ['1e-400', 0],
    ['1e400', '1e400'],
  ] as const)
    // prettier-ignore
    t.is(exactNumber(token), value, token);
});

test('numbers keep what doubles keep', (t) => {
  holds(
    t,
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (double) => {
      const token = JSON.stringify(double);
      const exact = exactNumber(token);
      // An integer with all of its digits stays text: it may be a neighbour of the double that it would become.
      if (/^-?\d+$/.test(token) && !Number.isSafeInteger(double)) t.is(exact, token);
      else t.is(exact, JSON.parse(token) as number);
    }),
  );
});

test('the order of events: by lines, unless times contradict them', (t) => {
  const line = (process: number, type: string, time: unknown) => JSON.stringify({ process, type, f: 'write', value: process, time }); // prettier-ignore
  const shuffled = [line(0, 'invoke', 1), line(0, 'ok', 9), line(1, 'invoke', 5), line(1, 'ok', 9)].join(
    '\n',
  );
  t.throws(() => readEvents(shuffled), { message: /Line 3 has the time 5/ });
  t.deepEqual(told(readHistory(shuffled, { model: 'register', order: 'time' })), [
    '0  write 0 null ok 0 2',
    '1  write 1 null ok 1 2',
  ]);
  t.is(readHistory(shuffled, { model: 'register', order: 'lines' })[1]!.call, 2);
  const epoch = ['1700000000000000002', '1700000000000000001'];
  const exact = epoch
    .map((time, at) => line(at, 'invoke', 0).replace('"time":0', `"time":${time}`))
    .join('\n');
  t.deepEqual(
    readHistory(exact, { model: 'register', order: 'time' }).map(({ process }) => process),
    [1, 0],
  );
  t.throws(() => readEvents(line(0, 'invoke', undefined), { order: 'time' }), {
    message: /line 1 has no time/,
  });
  const sorts = [line(0, 'invoke', 1), line(1, 'invoke', '2024-01-01 00:00:00')].join('\n');
  t.throws(() => readEvents(sorts, { order: 'time' }), { message: /another sort than line 1/ });
  // The nemesis needs no time, and texts that are no times say nothing.
  t.is(readEvents(`${line(0, 'invoke', 1)}\n{"process":"nemesis","type":"info","f":"cut"}`, { order: 'time' }).events.length, 1); // prettier-ignore
  t.is(readEvents([line(0, 'invoke', 'late'), line(0, 'ok', 'early')].join('\n')).events.length, 2);
});
