import test from 'ava';
import fc from 'fast-check';
import { Failure } from '../../src/core/failure.ts';
import { ednEntries } from '../../src/linear/format/edn.ts';
import { guessModel } from '../../src/linear/format/guess-model.ts';
import { readEvents, readHistory } from '../../src/linear/format/read-history.ts';
import { identity, type Operation, type Value } from '../../src/linear/operation.ts';
import { holds } from '../holds.ts';

const lined = (text: string) => {
  const reader = ednEntries(text);
  const found: { form: Value; line: number }[] = [];
  for (let next = reader.next(); next !== undefined; next = reader.next()) found.push(next);
  return found;
};
/** Items of a list: at the outermost level a list would be no form but a history. */
const forms = (text: string): Value[] => lined(`[${text}\n]`).map(({ form }) => form);
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('EDN: everything that Jepsen writes', (t) => {
  t.deepEqual(forms(':a nil true -5 12N 1.5M 6e3 "a\\"b\\u0041" \\newline \\a sym/bol (1 2) #{3 1 2}'), [
    'a', null, true, -5, 12, 1.5, 6000, 'a"bA', '\n', 'a', 'sym/bol', [1, 2], [1, 2, 3],
  ]); // prettier-ignore
  t.deepEqual(plain(forms('{:a {:b [1, {}]} "c" 2 5 6}')), [{ a: { b: [1, {}] }, c: 2, 5: 6 }]);
  t.deepEqual(plain(forms('#jepsen.history.Op{:f :read} #inst "2020-01-01" #_ gone #_{:x 1} 1 ; comment\n 2')), [
    { f: 'read' }, '2020-01-01', 1, 2,
  ]); // prettier-ignore
  t.deepEqual(
    forms('123456789012345678901 1/3'),
    ['123456789012345678901', '1/3'],
    'what a double cannot hold stays text',
  );
  t.deepEqual(
    lined('1\n\n"a\nb" ; c\n 2').map(({ line }) => line),
    [1, 3, 5],
  );
});

test('EDN: a broken text is refused, with its line', (t) => {
  for (const [text, message] of [
    ['[1 2', /breaks off .* line 1/],
    ['{:a 1}\n{:a "x', /breaks off .* line 2/],
    ['{:a}', /key without a value/],
    [']', /closes nothing/],
    ['['.repeat(100_000), /nests more than/],
    ['#_'.repeat(100_000), /nests more than/],
    ['#a '.repeat(100_000), /nests more than/],
  ] as const) {
    t.throws(() => lined(text), { name: 'Failure', message }, text.slice(0, 20));
  }
});

test('EDN: what is written is read', (t) => {
  const written = (value: Value): string =>
    Array.isArray(value)
      ? `[${value.map(written).join(' ')}]`
      : value === null
        ? 'nil'
        : JSON.stringify(value);
  const leaf = fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string().filter((text) => !/[\u007f-\uffff]/.test(text)),
  );
  const value = fc.letrec<{ tree: Value }>((tie) => ({
    tree: fc.oneof(leaf, fc.array(tie('tree'), { maxLength: 4 })),
  })).tree;
  holds(
    t,
    fc.property(value, (original) => t.deepEqual(forms(written(original)), [original])),
  );
});

test('EDN: a map is read the same by its one pattern and form by form', (t) => {
  const word = fc.constantFrom('a', 'type', 'f', 'value', 'x/y', '__proto__', 'with-dash', '1b');
  const anyForm = fc.oneof(
    word.map((name) => `:${name}`),
    fc.integer().map(String),
    fc.constantFrom(
      'nil',
      'true',
      'false',
      '12N',
      '1.5',
      '-0',
      '+3',
      'sym',
      '""',
      '"a b"',
      '[1 2]',
      '[-1 22]',
      '"\\n"',
    ),
    fc.constantFrom('[1]', '[nil 2]', '#{1}', '{:b 1}', '()', '123456789012345678901', '\\a'),
  );
  const pairs = fc.array(fc.tuple(word, anyForm), { maxLength: 10 });
  const separator = fc.constantFrom(', ', ' ', ',', '\n ');
  holds(
    t,
    fc.property(pairs, separator, (entries, between) => {
      const inside = entries.map(([name, token]) => `:${name} ${token}`).join(between);
      // A discarded form says nothing, but keeps the pattern from matching.
      t.deepEqual(linedOrRefused(`{${inside}} 1`), linedOrRefused(`{#_0 ${inside}} 1`));
    }),
    { numRuns: 3000 },
  );
});

/** A key may be drawn twice. */
function linedOrRefused(text: string): unknown {
  try {
    return lined(text);
  } catch (error) {
    return String(error);
  }
}

/** The essence of an operation: asked, answered, and how it ended. */
const told = (history: Operation[]) =>
  history.map(({ process, f, input, output, outcome, call, ret }) =>
    [process, f, JSON.stringify(input), JSON.stringify(output), outcome, call, ret].join(' '),
  );

const EDN = `{:process 0, :type :invoke, :f :write, :value 1, :time 5}
{:process 1 :type :invoke :f :read :value nil}
{:process :nemesis :type :info :f :start :value "cut"}
{:process 0 :type :ok :f :write :value 1}
{:process 1 :type :ok :f :read :value 1}
{:process 2 :type :invoke :f :cas :value [1 2]}
{:process 2 :type :info :f :cas :value :timed-out}
{:process 3 :type :invoke :f :write :value 9}
{:process 3 :type :fail :f :write :value 9}`;

test('one history in every format', (t) => {
  const json = forms(EDN);
  const expected = ['0 write 1 null ok 0 3', '1 read null 1 ok 1 4', '2 cas [1,2] true info 5 Infinity'];
  const log = EDN.replaceAll(
    /\{:process :?(\w+),? :type (:\w+),? :f (:\S+?),? :value (.*?)(?:, :time 5)?\}/g,
    'INFO  jepsen.util - $1\t$2\t$3\t$4',
  );
  const texts = {
    'a stream of EDN maps': EDN,
    'an EDN vector': `[${EDN}]`,
    'an EDN list': `(${EDN})`,
    JSON: JSON.stringify(json),
    NDJSON: json.map((form) => JSON.stringify(form)).join('\n'),
    'a log': `started\n${log}\nINFO  jepsen.core - Everything looks good`,
  };
  for (const [format, text] of Object.entries(texts)) {
    t.deepEqual(told(readHistory(text, { model: 'cas-register' })), expected, format);
  }
});

test('a failed cas and a nil read mean what the tool means by them', (t) => {
  const edn = `{:process 0 :type :invoke :f :cas :value [1 2]} {:process 0 :type :fail :f :cas :value [1 2]}
               {:process 0 :type :invoke :f :read :value nil} {:process 0 :type :ok :f :read :value nil}`;
  t.deepEqual(told(readHistory(edn, { model: 'cas-register' })), [], 'as in Knossos');
  t.deepEqual(told(readHistory(edn, { model: 'cas-register', failedCas: 'mismatch', nilRead: 'empty' })), [
    '0 cas [1,2] false ok 0 1',
    '0 read null null ok 2 3',
  ]);
  const log =
    'INFO  jepsen.util - 0 :invoke :cas [1 2]\nINFO  jepsen.util - 0 :fail :cas [1 2]\nINFO  jepsen.util - 0 :invoke :read nil\nINFO  jepsen.util - 0 :fail :read :timed-out';
  t.deepEqual(
    told(readHistory(log, { model: 'cas-register' })),
    ['0 cas [1,2] false ok 0 1'],
    'as in the etcd logs',
  );
});

test('keys stand in a field of their own, or before the value', (t) => {
  const field =
    '{:process 0 :type :invoke :f :put :key "a" :value 1} {:process 0 :type :ok :f :put :key "a" :value 1}';
  const tuple =
    '{:process 0 :type :invoke :f :write :value ["a" 1]} {:process 0 :type :ok :f :write :value ["a" 1]}';
  for (const text of [field, tuple]) {
    t.like(readHistory(text, { model: 'kv' })[0], { key: 'a', f: 'write', input: 1 });
  }
  t.throws(() => readHistory('{:process 0 :type :invoke :f :write :value 1}', { model: 'kv' }), {
    message: /line 1 does not say which key/,
  });
});

test('operations know the line of their call, where a history has lines', (t) => {
  const invoke = (process: number) => `{:process ${process} :type :invoke :f :write\n :value 1}`;
  const stream = `; a comment\n${invoke(0)}\n\n${invoke(1)} ${invoke(2)}`;
  const linesOf = (text: string) => readHistory(text, { model: 'register' }).map(({ line }) => line);
  for (const text of [stream, `[${stream}\n]`, `(${stream})`, `#_ gone [${stream}]`]) {
    t.deepEqual(linesOf(text), [2, 5, 6], text);
  }
  const log = 'started\nINFO  jepsen.util - 0 :invoke :read nil\nINFO  jepsen.util - 0 :ok :read 1\n';
  t.deepEqual(linesOf(log), [2]);
  const json = ['invoke', 'ok'].map((type) => ({ process: 0, type, f: 'read', value: 1 }));
  t.deepEqual(linesOf(`\n${json.map((event) => JSON.stringify(event)).join('\n')}`), [2]);
  t.deepEqual(linesOf(JSON.stringify(json, null, 1)), [undefined]);
});

test('the model of a history, by the names of its operations', (t) => {
  const calls = (...operations: string[]) =>
    guessModel(
      readEvents(operations.map((rest, at) => `{:process ${at} :type :invoke :f ${rest}}`).join('\n')).events,
    );
  for (const [model, ...operations] of [
    ['register', ':read', ':write :value 1'],
    ['register', ':r', ':w :value [1 2]'],
    ['register', ':write :value 1'],
    ['cas-register', ':read', ':write :value 1', ':cas :value [1 2]'],
    ['cas-register', ':compare-and-set :value [nil 2]', ':read'],
    ['kv', ':read :value [0 nil]', ':write :value [0 1]', ':cas :value [0 [1 2]]'],
    ['kv', ':read :key 0', ':write :key 0 :value 1'],
    ['kv', ':get :key "a"', ':put :key "a" :value "1"', ':append :key "a" :value "2"'],
    ['set', ':add :value 1', ':read'],
    ['set', ':remove :value [1 2]', ':read'],
    ['fifo-queue', ':enqueue :value 1', ':dequeue'],
    ['unordered-queue', ':enqueue :value 1', ':drain'],
    ['stack', ':push :value 1', ':pop'],
    ['stack', ':push :value 1', ':pop', ':peek'],
    ['multi-register', ':txn :value [[:r 1 nil]]'],
    ['multi-register', ':txn :value [[:r 1 nil] [:w 2 1]]'],
    ['mutex', ':acquire', ':unlock'],
    ['append-list', ':append :value 1', ':read'],
    // What may be several things, or nothing that is known.
    [null, ':read'],
    [null, ':insert :value 1', ':poll'],
    [null, ':write :value 1', ':append :value 1'],
    [null, ':add :value 1', ':write :value 1'],
    [null, ':read :value [0 nil]', ':write :value 1'],
    [null, ':write :value [0 1]', ':cas :value [0 [1 2]]'],
    [null, ':read :value [0 nil]', ':add :value [0 1]'],
  ] as const) {
    t.is(calls(...operations), model, operations.join(', '));
  }
  const nemesis = '{:process :nemesis :type :info :f :start} {:process 0 :type :invoke :f :lock}';
  t.is(guessModel(readEvents(nemesis).events), 'mutex');
});

test('a set of EDN and a nil dequeue', (t) => {
  const set = '{:process 0 :type :invoke :f :read :value nil} {:process 0 :type :ok :f :read :value #{2 1}}';
  t.deepEqual(readHistory(set, { model: 'set' })[0]!.output, [1, 2]);
  const queue = '{:process 0 :type :invoke :f :dequeue} {:process 0 :type :ok :f :dequeue :value nil}';
  t.like(readHistory(queue, { model: 'fifo-queue' })[0], { f: 'dequeue', output: null, outcome: 'ok' });
});

test('EDN: a set of maps is one set, however its maps are written', (t) => {
  const [one, other] = forms('#{{:a 1 :b 2} {:a 2 :b 1}} #{{:b 1 :a 2} {:b 2 :a 1}}');
  t.deepEqual(plain(one), plain(other));
  t.deepEqual(plain(forms('{{:b 2 :a 1} 5}')), plain(forms('{{:a 1 :b 2} 5}')), 'nor is a map as a name');
});

test('what is no history is refused in one sentence that says where', (t) => {
  const invoke = '{"process": 0, "type": "invoke", "f": "read", "value": null}';
  for (const [text, message] of [
    ['', /no operations/],
    ['[]', /no operations/],
    ['hello', /no history in a known format/],
    ['{"process": 0', /Line 1 is not whole JSON/],
    [`[${invoke}`, /The history is not whole JSON/],
    [`${invoke}\n${invoke}`, /Process 0 invokes read in line 2 while its read of line 1 is still open/],
    ['{:process 0 :type :ok :f :read :value 1}', /completes read in line 1 without having invoked it/],
    ['{:process 0 :type :maybe :f :read}', /the type "maybe"; it must be/],
    ['{:type :ok :f :read}', /line 1 lacks a process/],
    ['{:process 1 :type :ok}', /line 1 lacks its f/],
    ['[1 2 3]', /holds 1 where an operation/],
  ] as const) {
    t.throws(() => readHistory(text, { model: 'register' }), { name: 'Failure', message }, text);
  }
});

test('a history that lost lines is refused: what else it lost is not known', (t) => {
  const line = (process: string, type: string, rest: string) =>
    `{:process ${process}, :type :${type}, :f ${rest}}`;
  const whole = [
    line('0', 'invoke', ':write, :value 1'),
    line('0', 'info', ':write, :value 1'),
    line('1', 'invoke', ':read'),
    line('1', 'ok', ':read, :value 1'),
  ];
  t.is(readHistory(whole.join('\n'), { model: 'register' }).length, 2);
  for (const process of ['0', '"a"']) {
    const cut = [line(process, 'info', ':write, :value 1'), ...whole.slice(2)].join('\n');
    const { hint } = t.throws(() => readHistory(cut, { model: 'register' }), {
      instanceOf: Failure,
      message: /completes write in line 1 without having invoked it/,
    });
    t.regex(hint, /lost lines/);
  }
  // What is done to the system is told without invocations, and under names that no client has.
  for (const beside of [
    line(':nemesis', 'info', ':kill, :value "n1"'),
    line(':nemesis', 'ok', ':kill, :value "n1"'),
    line(':nemesis', 'info', ':write'),
    line(':chaos', 'info', ':kill, :value "n1"'),
  ]) {
    t.is(readHistory([beside, ...whole].join('\n'), { model: 'register' }).length, 2, beside);
  }
  t.throws(() => readHistory([line('7', 'info', ':kill'), ...whole].join('\n'), { model: 'register' }), {
    message: /Process 7 completes kill in line 1/,
  });
});

test('a completion that is not that of the invocation is refused', (t) => {
  const read = (completion: string, key = '') =>
    readHistory(`{:process 0 :type :invoke :f :read${key}}\n{:process 0 :type ${completion}}`, {
      model: key === '' ? 'register' : 'kv',
    });
  for (const type of [':ok', ':fail', ':info']) {
    t.throws(() => read(`${type} :f :write :value 3`), {
      name: 'Failure',
      message: 'Process 0 completes write in line 2, but what it invoked in line 1 is read.',
    });
  }
  t.is(read(':ok :f :get :value 3').length, 1, 'another name for the same');
  t.throws(() => read(':ok :f :read :value ["b" 1]', ' :value ["a" nil]'), {
    name: 'Failure',
    message: 'Process 0 completes read of the key "b" in line 2, but invoked it of "a" in line 1.',
  });
  t.is(read(':ok :f :read :value [{:b 2 :a 1} 1]', ' :value [{:a 1 :b 2} nil]').length, 1);
});

test('JSON: what nests too deep is refused, with its line', (t) => {
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  const event = (value: string, key = '1') =>
    `{"process": 0, "type": "invoke", "f": "write", "key": ${key}, "value": ${value}}`;
  const read = (text: string) => readHistory(text, { model: 'kv' });
  t.is(read(event(deep(500))).length, 1);
  for (const [text, message] of [
    [event(deep(501)), /^Line 1 nests more than 500 deep/],
    [`\n${event('1', deep(100_000))}`, /^Line 2 nests more than 500 deep/],
    [event(`{"a": ${deep(100_000)}}`), /^Line 1 nests/],
    [event(`[9007199254740993, ${deep(100_000)}]`), /^Line 1 nests/],
    [`[${event('1')}, ${event(deep(100_000))}]`, /^Line 2 nests more than 500 deep/],
    [`[${event('1')}, ${deep(100_000)}]`, /^Line 2 holds something deep where an operation/],
    [`{"process": 0, "type": ${deep(100_000)}}`, /the type something deep; it must be/],
  ] as const) {
    t.throws(() => read(text), { name: 'Failure', message }, text.slice(0, 60));
  }
  t.is(read(event('1').replace('}', `, "error": ${deep(100_000)}}`)).length, 1, 'where nothing looks');
});

test('integers beyond 2^53 are told apart in every format, alone and inside of values', (t) => {
  const [written, found] = ['9007199254740993', '9007199254740992'];
  for (const [one, other] of [
    [written, found],
    [`-${written}`, `-${found}`],
    [`[1, ${written}]`, `[1, ${found}]`],
    [`{"a": ${written}}`, `{"a": ${found}}`],
    ['1e400', '1e401'],
    ['[1e400]', '[null]'],
  ] as const) {
    const json = [one, other].map((value, at) => {
      // Times are nanoseconds since 1970 as often as not, and texts may hold anything.
      const rest = `"time": 1700000000000000001, "note": "a \\" 9007199254740993"`;
      return `{"process": ${at}, "type": "invoke", "f": "write", "value": ${value}, ${rest}}`;
    });
    const edn = json.map((line) => line.replaceAll(/"([a-z]+)": ("invoke"|"write")?/g, (_, name, word) => `:${name} ${word ?? ''}`)); // prettier-ignore
    const log = [one, other].map(
      (value, at) => `INFO  jepsen.util - ${at} :invoke :write ${value.replace('"a":', ':a')}`,
    );
    for (const lines of [json, [`[${json.join(',\n')}]`], edn, log]) {
      const [first, second] = readHistory(lines.join('\n'), { model: 'register' });
      t.not(identity(first!.input), identity(second!.input), lines.join('\n'));
    }
  }
  const json =
    '{"process": 0, "type": "invoke", "f": "write", "value": [9007199254740993, "9\\"9", 1.5, 1e20, 7]}';
  t.deepEqual(readHistory(json, { model: 'register' })[0]!.input, ['9007199254740993', '9"9', 1.5, 1e20, 7]);
  const long = `{"process": 0, "type": "invoke", "f": "write", "value": 9007199254740993, "x": "${'\\n'.repeat(1e7)}"}`;
  t.is(readHistory(long, { model: 'register' })[0]!.input, written);
  const processes = ['9007199254740993', '9007199254740992'];
  const lines = processes.map((process) => `{"process": ${process}, "type": "invoke", "f": "read"}`);
  t.is(readHistory(lines.join('\n'), { model: 'append-list' }).length, 0, 'no process is busy twice');
});

test('a byte order mark is no part of a history', (t) => {
  const edn = '{:process 0 :type :invoke :f :write :value 1}';
  const json = '{"process": 0, "type": "invoke", "f": "write", "value": 1}';
  const log = 'INFO  jepsen.util - 0 :invoke :write 1';
  for (const text of [edn, `[${edn}]`, `; a comment\n${edn}`, `#_ gone ${edn}`, json, `[${json}]`, log]) {
    t.is(readHistory(`\uFEFF${text}`, { model: 'register' }).length, 1, text);
  }
  t.throws(() => readHistory('\uFEFF', { model: 'register' }), { message: /no operations/ });
});

test('any bytes at all either read or are refused: nothing else is thrown', (t) => {
  const scrap = fc
    .array(
      fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        '"',
        ':process 0 ',
        ':type :invoke ',
        ':f :read ',
        '\\',
        '#',
        '#_',
        ':value ',
        '1',
        ' ',
        '\n',
        ';',
        '{"process":0',
        'jepsen.util - 1 :ok :read ',
      ),
    )
    .map((parts) => parts.join(''));
  holds(
    t,
    fc.property(scrap, (text) => {
      try {
        readHistory(text, { model: 'register' });
      } catch (error) {
        t.is((error as Error).name, 'Failure', `${text}: ${String(error)}`);
      }
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

const pairOf = (written: string, read: string, f = ':write') => `
{:process 0, :type :invoke, :f ${f}, :value ${written}}
{:process 0, :type :ok, :f ${f}, :value ${written}}
{:process 1, :type :invoke, :f :read, :value nil}
{:process 1, :type :ok, :f :read, :value ${read}}`;

test('EDN: one word in two notations is refused, with both lines: they may be two values', (t) => {
  const refused = (text: string, message: RegExp) =>
    t.throws(() => readEvents(text), { name: 'Failure', message }, text);
  refused(pairOf(':a', '"a"'), /^Line 5 has the text "a" and line 2 the keyword :a: .* ambiguous\.$/);
  refused(pairOf('"a"', ':a'), /^Line 2 has the text "a" and line 5 the keyword :a/);
  refused(pairOf('a', '"a"'), /the text "a" and line 2 the symbol a:/);
  refused(pairOf('\\a', '"a"'), /the text "a" and line 2 the character \\a:/);
  refused(pairOf('1/3', '"1/3"'), /the text "1\/3" and line 2 the number 1\/3:/);
  refused(pairOf('[1 :a]', '[1 {"b" ["a"]}]'), /line 2 the keyword :a/);
  refused(pairOf('{:k 1}', '{"k" 1}'), /the text "k" and line 2 the keyword :k/);
  refused(pairOf(':a', '"a"').replaceAll('{:process', '#jepsen.history.Op{:process'), /the keyword :a/);
  refused(pairOf(':a', '\n"a"'), /^Line 6 has the text/);
  const txt = (first: string, second: string) =>
    `0\t:invoke\t:write\t${first}\n0\t:ok\t:write\t${first}\n1\t:invoke\t:read\tnil\n1\t:ok\t:read\t${second}\n`;
  refused(txt(':a', '"a"'), /^Line 4 has the text "a" and line 1 the keyword :a/);
  const log = (first: string, second: string) =>
    txt(first, second)
      .replaceAll(/^/gm, 'INFO  jepsen.util - ')
      .replace(/INFO {2}jepsen\.util - $/, '');
  refused(log(':a', '"a"'), /^Line 4 has the text "a" and line 1 the keyword :a/);
});

test('EDN: words that are no values may be written like values', (t) => {
  const taken = (text: string) => t.notThrows(() => readEvents(text), text);
  taken(pairOf('"read"', '"read"'));
  taken(pairOf('"ok"', '"ok"').replaceAll('}', ', :error :ok}'));
  taken(pairOf(':a', ':a') + '\n{:process :nemesis, :type :info, :f :start, :value {"a" "a"}}');
  taken(pairOf('true', '"true"'));
  taken(pairOf(':a', '#_ "a" :a'));
  taken(pairOf('"a"', '"a"').replaceAll(':value', ':node :a, :value'));
});

test('a key that is there twice in a map or an object is refused, with line and key', (t) => {
  const refused = (text: string, message: RegExp) =>
    t.throws(() => readEvents(text), { name: 'Failure', message }, text);
  const edn = pairOf('1', '1');
  refused(edn.replace(':value nil', ':value nil, :f :write'), /^Line 4 has the key "f" twice in one map\.$/);
  refused(edn.replace(':value nil', ':f :write\n :value nil'), /^Line 4 has the key "f" twice in one map\.$/);
  refused(pairOf('{:a 1, :a 2}', '1'), /^Line 2 has the key "a" twice/);
  refused(pairOf('{:a 1, "a" 2}', '1'), /^Line 2 has the key "a" twice/);
  refused(pairOf('{1 1, "1" 2}', '1'), /^Line 2 has the key "1" twice/);
  const lines = ['invoke', 'ok'].map((type) => `{"process":0,"type":"${type}","f":"write","value":1}`);
  const wrong = lines[1]!.replace('}', ',"value":2}');
  refused(`${lines[0]}\n${wrong}\n`, /^Line 2 has the key "value" twice in one object\.$/);
  refused(`[${lines[0]},\n${wrong}]`, /^The history has the key "value" twice in one object, in item 2\.$/);
  refused(
    `${lines[0]}\n${lines[1]!.replace('1}', '{"a":[1,{"b":1,"b":2}]}}')}`,
    /^Line 2 has the key "b" twice/,
  );
  // Escapes do not hide it, and names of every object's ancestry are names like others.
  refused(`${lines[0]}\n${lines[1]!.replace('}', String.raw`,"val\u0075e":2}`)}`, /"value" twice/);
  t.notThrows(() => readEvents(pairOf('{:constructor 1}', '{:toString :x}')));
  t.notThrows(() =>
    readEvents(`${lines[0]}\n${lines[1]!.replace('1}', '"a:b:c","error":"12:30: \\"value\\": x"}')}`),
  );
});
