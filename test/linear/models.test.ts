import test from 'ava';
import { check } from '../../src/linear/check.ts';
import { readHistory } from '../../src/linear/format/read-history.ts';
import { modelNamed } from '../../src/linear/models/catalog.ts';
import type { LinearResult } from '../../src/linear/result.ts';
import { drawn } from './drawn.ts';

const judge = (model: string, picture: string) => check(modelNamed(model), drawn(picture));
const verdict = async (model: string, picture: string) => (await judge(model, picture)).verdict;

/** Lines of EDN as Jepsen writes them: `0 invoke enqueue 1`. */
const edn = (lines: string) =>
  lines
    .trim()
    .split('\n')
    .map((line) => /^\s*(\S+) (\S+) (\S+) (.*)$/.exec(line)!)
    .map(([, process, type, f, value]) => `{:process ${process}, :type :${type}, :f :${f}, :value ${value}}`)
    .join('\n');

const judgeFile = async (model: string, lines: string): Promise<LinearResult> =>
  check(modelNamed(model), readHistory(edn(lines), { model }));

test('an unordered queue hands out what it holds in any order, each thing once', async (t) => {
  const enqueues = `
      |--|                   enqueue 1
           |--|              enqueue 2`;
  const reversed = `${enqueues}
                 |--|        dequeue 2
                      |--|   dequeue 1`;
  t.is(await verdict('unordered-queue', reversed), 'valid');
  t.is(await verdict('fifo-queue', reversed), 'invalid');
  const twice = await judge('unordered-queue', `${enqueues}\n |--| dequeue 2\n |--| dequeue 2`);
  t.is(twice.verdict, 'invalid');
  t.is(await verdict('unordered-queue', `${enqueues}\n                 |--|   dequeue`), 'invalid', 'empty');
  // Two dequeues of unknown outcome may have emptied it, one cannot.
  const emptied = `${enqueues}\n                 |--|   dequeue\n |   dequeue`;
  t.is(await verdict('unordered-queue', emptied), 'invalid');
  t.is(await verdict('unordered-queue', `${emptied}\n |   dequeue`), 'valid');
});

test('a drain is the dequeues of one client: others may enqueue and drain meanwhile', async (t) => {
  const enqueued = `
    0 invoke enqueue 1
    0 ok enqueue 1
    0 invoke enqueue 2
    0 ok enqueue 2
    0 invoke drain nil`;
  const history = `${enqueued}
    1 invoke drain nil
    1 ok drain [2]
    0 ok drain [1]`;
  t.is((await judgeFile('unordered-queue', history)).verdict, 'valid', 'both drained, each got a part');
  t.is((await judgeFile('unordered-queue', `${enqueued}\n0 ok drain #{2 1}`)).verdict, 'valid');
  const { verdict: foreign, culprit } = await judgeFile('unordered-queue', `${enqueued}\n0 ok drain [1 3]`);
  t.is(foreign, 'invalid');
  t.is(culprit?.operation.text, 'p0 dequeue → 3');
  t.is(culprit?.operation.line, 5, 'the line of the drain');
  t.is((await judgeFile('unordered-queue', `${enqueued}\n0 ok drain [1 1]`)).verdict, 'invalid');
});

test('that a drain ended does not say that the queue was empty', async (t) => {
  const history = `
    0 invoke enqueue 1
    0 ok enqueue 1
    0 invoke drain nil
    0 ok drain []
    0 invoke dequeue nil
    0 ok dequeue 1`;
  t.is((await judgeFile('unordered-queue', history)).verdict, 'valid');
});

test('a drain of unknown outcome may have taken everything', async (t) => {
  const history = `
    0 invoke enqueue 1
    0 ok enqueue 1
    0 invoke enqueue 2
    0 ok enqueue 2
    1 invoke drain nil
    1 info drain nil
    0 invoke dequeue nil
    0 ok dequeue nil`;
  t.is((await judgeFile('unordered-queue', history)).verdict, 'valid');
  await t.throwsAsync(() => judgeFile('unordered-queue', '0 invoke drain nil\n0 ok drain 5'), {
    message: 'The drain of line 1 by process 0 does not return a list of values.',
  });
});

test('a stack returns what was pushed last', async (t) => {
  const pushes = `
      |--|                   push 1
           |--|              push 2`;
  t.is(
    await verdict('stack', `${pushes}\n                 |--|   pop 2\n                       |--|   pop 1`),
    'valid',
  );
  t.is(await verdict('stack', `${pushes}\n                 |--|   pop 1`), 'invalid');
  t.is(await verdict('stack', `${pushes}\n                 |--|   pop 1\n            | pop`), 'valid');
  t.is(await verdict('stack', `${pushes}\n                 |--|   pop`), 'invalid', 'it was not empty');
});

test('a stack that is peeked at shows what was pushed last, and keeps it', async (t) => {
  const pushes = `
      |--|                   push 1
           |--|              push 2`;
  const peeked = (value: number | null) => `${pushes}\n                 |--|   peek ${value}`;
  t.is(await verdict('stack', peeked(2)), 'valid');
  t.is(await verdict('stack', `${peeked(2)}\n                       |--|   pop 2`), 'valid');
  t.is(await verdict('stack', peeked(1)), 'invalid', '2 was above it');
  t.is(await verdict('stack', peeked(null)), 'invalid', 'it was not empty');
  t.is(await verdict('stack', peeked(3)), 'invalid', '3 was never pushed');
  t.is(await verdict('stack', `${peeked(1)}\n            | pop`), 'valid', '2 may have been popped before');
});

test('a priority queue hands out the smallest, or the greatest', async (t) => {
  const inserts = `
      |--|                   insert 5
           |--|              insert 3`;
  const polled = (f: string, value: string) => `${inserts}\n                 |--|   ${f} ${value}`;
  for (const f of ['poll', 'peek']) {
    t.is(await verdict('priority-queue', polled(f, '3')), 'valid');
    t.is(await verdict('max-priority-queue', polled(f, '3')), 'invalid');
    t.is(await verdict('priority-queue', polled(f, '5')), 'invalid');
    t.is(await verdict('max-priority-queue', polled(f, '5')), 'valid');
    t.is(await verdict('priority-queue', polled(f, 'null')), 'invalid');
  }
  t.is(await verdict('priority-queue', `${polled('poll', '5')}\n            | poll`), 'valid');
  const { culprit, method } = await judge('priority-queue', polled('poll', '5'));
  t.is(method, 'sweep');
  t.is(culprit?.operation.text, 'p2 poll → 5');
  t.deepEqual(
    culprit?.conflicts.map(({ text }) => text),
    ['p1 insert 3'],
  );
  t.is(culprit?.reason, 'a value that comes before it was inside all the time');
  t.true(culprit?.minimal);
});

test('of values of one priority any may come first; integers beyond 2^53 are compared exactly', async (t) => {
  const jobs = `
      |--|                   insert [1,"a"]
           |--|              insert [1,"b"]
                |--|         insert [2,"c"]`;
  const polled = (value: string) =>
    verdict('priority-queue', `${jobs}\n                     |--|   poll ${value}`);
  t.is(await polled('[1,"a"]'), 'valid');
  t.is(await polled('[1,"b"]'), 'valid');
  t.is(await polled('[2,"c"]'), 'invalid');
  const long = '|--|   insert "9007199254740993"\n     |--|   insert "9007199254740992"\n';
  t.is(await verdict('priority-queue', `${long}           |--|   poll "9007199254740992"`), 'valid');
  t.is(await verdict('priority-queue', `${long}           |--|   poll "9007199254740993"`), 'invalid');
  await t.throwsAsync(judge('priority-queue', '|--|   insert "urgent"\n     |--|   poll'), {
    message: /insert expects a number, or a list that begins with one/,
  });
  t.throws(() => modelNamed('priority-queue', { initial: ['urgent'] }), {
    message: /cannot begin with "urgent": insert expects a number/,
  });
});

test('a poll of unknown outcome may have taken any value of the first priority, which what follows tells', async (t) => {
  const inserts = `
      |--|                              insert [1,"a"]
           |--|                         insert [1,"b"]
                |--|                    insert [2,"c"]
      |                                 poll`;
  const engine = { ...modelNamed('priority-queue'), shortcut: () => null };
  for (const [left, taken] of ['ab', 'ba'] as const) {
    const rest = `${inserts}
                     |--|               poll [1,"${left}"]
                          |--|          poll [2,"c"]`;
    t.is((await check(engine, drawn(rest))).verdict, 'valid', `${left} was left, ${taken} was taken`);
    t.is(await verdict('priority-queue', rest), 'valid');
    // A peek that is open for long must not be taken to have happened as soon as it could.
    const peeked = `${rest}
                     |-------------|    peek [2,"c"]
      |-----------------------------|   peek [1,"${left}"]`;
    t.is((await check(engine, drawn(peeked))).verdict, 'valid');
    t.is(
      (await check(engine, drawn(`${rest}\n                                  |--|   peek [1,"${taken}"]`)))
        .verdict,
      'invalid',
    );
  }
});

test('a peek of a priority queue that could only be before its insert is none', async (t) => {
  const blocked = `
      |--|                              insert 1
                              |--|      poll 1
   |----------------|                   peek 5
           |------------|               insert 5`;
  t.is(await verdict('priority-queue', blocked), 'invalid', 'while 1 was inside, 5 was not the first');
  t.is((await judge('priority-queue', blocked)).method, 'sweep');
});

test('priority queues in files: by the names of the field, and what failed or was never heard of', async (t) => {
  const history = (into: string, out: string, value: number) => `
    0 invoke ${into} 2
    0 ok ${into} 2
    0 invoke ${into} 1
    0 ok ${into} 1
    1 invoke ${into} 0
    1 fail ${into} 0
    2 invoke ${out} nil
    2 info ${out} nil
    0 invoke ${out} nil
    0 ok ${out} ${value}`;
  for (const [into, out] of [
    ['insert', 'poll'],
    ['offer', 'poll'],
    ['add', 'poll'],
    ['enqueue', 'dequeue'],
    ['push', 'pop'],
  ] as const) {
    t.is(
      (await judgeFile('priority-queue', history(into, out, 2))).verdict,
      'valid',
      'the other may have taken 1',
    );
    t.is((await judgeFile('max-priority-queue', history(into, out, 1))).verdict, 'valid');
    t.is((await judgeFile('priority-queue', history(into, out, 0))).verdict, 'invalid', 'it failed');
  }
  t.is(
    (await judgeFile('priority-queue', history('insert', 'peek', 2))).verdict,
    'invalid',
    'a peek takes nothing',
  );
});

test('in a file of pushes and pops, push is no append', async (t) => {
  const history = `
    0 invoke push 1
    0 ok push 1
    0 invoke pop nil
    0 ok pop 1`;
  t.is((await judgeFile('stack', history)).verdict, 'valid');
  t.is(
    (await judgeFile('append-list', '0 invoke push 1\n0 ok push 1\n0 invoke read nil\n0 ok read [1]'))
      .verdict,
    'valid',
  );
});

test('a counter reads the sum of what was added', async (t) => {
  const adds = `
      |--|              add 5
           |--|         add -2`;
  t.is(await verdict('counter', `${adds}\n                 |--|   read 3`), 'valid');
  t.is(await verdict('counter', `${adds}\n                 |--|   read 5`), 'invalid');
  t.is(await verdict('counter', `${adds}\n         |--|   read 5`), 'valid', 'before the second add');
  t.is(await verdict('counter', `${adds}\n                 |--|   read 4\n   |   add 1`), 'valid');
  t.is(
    (await check(modelNamed('counter', { initial: 7 }), drawn(`${adds}\n            |--|   read 10`)))
      .verdict,
    'valid',
  );
});

test('a counter counts beyond 2^53 without rounding', async (t) => {
  const adds = '|--|   add "9007199254740993"\n     |--|   add 1';
  t.is(await verdict('counter', `${adds}\n         |--|   read "9007199254740994"`), 'valid');
  t.is(await verdict('counter', `${adds}\n         |--|   read "9007199254740995"`), 'invalid');
  await t.throwsAsync(judge('counter', '|--|   add 1.5'), { message: /add expects an integer/ });
  await t.throwsAsync(judge('counter', '|--|   read [1]'), { message: /read must return an integer/ });
});

test('transactions over several registers happen at once', async (t) => {
  const writes = `
      |--|              txn [["w","x",1],["w","y",1]]
           |------|     txn [["w","x",2],["w","y",2]]`;
  const read = (x: number, y: number) => `${writes}\n             |--|   txn [["r","x",${x}],["r","y",${y}]]`;
  t.is(await verdict('multi-register', read(1, 1)), 'valid');
  t.is(await verdict('multi-register', read(2, 2)), 'valid');
  t.is(await verdict('multi-register', read(1, 2)), 'invalid', 'half of the second transaction');
  const own = '|--|   txn [["w","x",5],["r","x",5],["r","y",null]]';
  t.is(await verdict('multi-register', own), 'valid', 'a read sees what its own transaction wrote before');
  t.is(await verdict('multi-register', own.replace('"r","x",5', '"r","x",null')), 'invalid');
});

test('transactions of registers that nothing ties together are decided apart', async (t) => {
  const {
    verdict: found,
    stats,
    witness,
  } = await judge(
    'multi-register',
    `
      |--|              txn [["w","x",1]]
           |--|         txn [["w","y",1],["w","z",1]]
                |--|    txn [["r","z",1]]
                |--|    txn [["r","x",1]]`,
  );
  t.is(found, 'valid');
  t.is(stats.keys, 2);
  t.deepEqual(
    witness?.map(({ order }) => order),
    [
      [0, 3],
      [1, 2],
    ],
  );
});

test('registers in files: as Jepsen writes transactions, with or without an independent key', async (t) => {
  const history = (value: string) => `
    0 invoke txn [[:w :k 5]]
    0 ok txn [[:w :k 5]]
    1 invoke txn [[:r :k nil] [:r :j nil]]
    1 ok txn [[:r :k ${value}] [:r :j nil]]`;
  t.is((await judgeFile('multi-register', history('5'))).verdict, 'valid');
  t.is((await judgeFile('multi-register', history('6'))).verdict, 'invalid');
  t.is(
    (await judgeFile('multi-register', history('nil'))).verdict,
    'unknown',
    'nil says nothing, as in Knossos',
  );
  const keyed = `
    0 invoke write [1 [[:w 0 5]]]
    0 ok write [1 [[:w 0 5]]]
    1 invoke read [2 [[:r 0 nil]]]
    1 ok read [2 [[:r 0 5]]]`;
  t.is((await judgeFile('multi-register', keyed)).verdict, 'invalid', '5 was never written under the key 2');
  t.is((await judgeFile('multi-register', keyed.replaceAll('[2 [[', '[1 [['))).verdict, 'valid');
});

test('a transaction of steps that no register knows is refused, and one that answers for another', async (t) => {
  await t.throwsAsync(judgeFile('multi-register', '0 invoke txn [[:append 1 2]]\n0 ok txn [[:append 1 2]]'), {
    message: /txn expects a list of reads/,
  });
  await t.throwsAsync(judgeFile('multi-register', '0 invoke txn [[:w 1 2]]\n0 ok txn [[:w 1 3]]'), {
    message: /the answer has other writes than were asked for/,
  });
});

const LOCKED = `
    1 invoke acquire nil
    1 ok acquire nil
    2 invoke release nil
    2 ok release nil
    3 invoke acquire nil
    3 ok acquire nil`;

test('a lock that knows its owner is released by that one only', async (t) => {
  t.is((await judgeFile('mutex', LOCKED)).verdict, 'valid');
  const { verdict: found, culprit } = await judgeFile('owner-mutex', LOCKED);
  t.is(found, 'invalid');
  t.is(culprit?.operation.text, 'p2 release');
  t.is((await judgeFile('owner-mutex', LOCKED.replaceAll('2 ', '1 '))).verdict, 'valid');
});

test('the owner is the client that an operation names: it lives on under another process', async (t) => {
  const named = (first: string, second: string) => `
    1 invoke acquire "u1"
    1 ok acquire {:client "${first}"}
    6 invoke release "u2"
    6 ok release {:client "${second}"}`;
  t.is((await judgeFile('owner-mutex', named('n1', 'n1'))).verdict, 'valid');
  t.is((await judgeFile('owner-mutex', named('n1', 'n2'))).verdict, 'invalid');
  const unknown = `
    1 invoke acquire "u1"
    1 info acquire "u1"
    6 invoke release "u2"
    6 ok release {:client "n2"}`;
  t.is((await judgeFile('owner-mutex', unknown)).verdict, 'valid', 'whose the first was is not known');
});

test('a set that returns a member twice is none', async (t) => {
  const picture = '|--|   add 1\n     |--|   read [1,1]';
  t.is(await verdict('set', picture), 'invalid');
  t.is(await verdict('set', `${picture}\n |--|   remove 2`), 'invalid', 'nor by the engine');
  t.is((await judge('set', picture)).culprit?.reason, 'it returned a member twice, as no set can hold it');
});

test('where nothing was answered, nothing was tested', async (t) => {
  for (const [model, picture] of [
    ['register', '|--|   write 1\n     |--|   write 2'],
    ['cas-register', '|   cas 1 2'],
    ['kv', '|--|   append "a"'],
    ['set', '|--|   add 1\n     |--|   remove 1'],
    ['counter', '|--|   add 1'],
    ['fifo-queue', '|--|   enqueue 1\n      |   dequeue'],
    ['unordered-queue', '|--|   enqueue 1\n      |   dequeue'],
    ['stack', '|--|   push 1\n      |   pop'],
    ['stack', '|--|   push 1\n      |   peek'],
    ['priority-queue', '|--|   insert 1\n      |   poll'],
    ['append-list', '|--|   append 1'],
    ['multi-register', '|--|   txn [["w",1,1]]'],
    ['mutex', '|   acquire'],
    ['owner-mutex', '|   acquire'],
  ] as const) {
    const { verdict: found, method, reason } = await judge(model, picture);
    t.deepEqual({ found, method }, { found: 'unknown', method: 'none' }, model);
    t.regex(reason!, /so nothing was tested$/, model);
  }
  const { reason } = await check(modelNamed('register'), []);
  t.is(reason, 'no operation completed, so nothing was tested');
});

test('one answer about one key is enough for a history of many', async (t) => {
  const history = drawn('|--|   write 1\n     |--|   write 2\n         |--|   read 1');
  const keyed = history.map((operation, at) => ({ ...operation, key: at === 1 ? 'b' : 'a' }));
  t.is((await check(modelNamed('kv'), keyed)).verdict, 'valid');
});
