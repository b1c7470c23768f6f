import test from 'ava';
import { check, type CheckOptions } from '../../src/linear/check.ts';
import { modelNamed } from '../../src/linear/models/catalog.ts';
import type { Operation } from '../../src/linear/operation.ts';
import { OBJECTS } from '../oracle/sequential.ts';
import { askCas, simulate } from '../oracle/simulate.ts';
import { drawn } from './drawn.ts';

const judge = (model: string, picture: string, options?: CheckOptions) =>
  check(modelNamed(model), drawn(picture), options);

/** Everything in the smallest contradiction. */
async function contradiction(model: string, picture: string): Promise<number[]> {
  const { verdict, culprit } = await judge(model, picture);
  if (verdict !== 'invalid' || culprit === undefined) return [];
  return [...culprit.conflicts, culprit.operation].map(({ index }) => index).toSorted((a, b) => a - b);
}

test('a read may return the old or the new value while a write is under way', async (t) => {
  for (const value of [1, 2]) {
    const picture = `
      |--|                write 1
            |----------|  write 2
               |---|      read ${value}`;
    t.is((await judge('register', picture)).verdict, 'valid');
  }
});

test('a stale read is blamed together with the writes that make it stale, and with nothing else', async (t) => {
  const picture = `
      |--|                                    write 1
                |--|                          write 2
            |--|                              read 1
                               |--|           read 1
                      |--|                    read 2
                                      |--|    read 2`;
  const { method, culprit } = await judge('register', picture);
  t.is(method, 'zones');
  t.is(culprit?.operation.index, 3);
  // Either of the two writes and reads of 2 could be what tells; any two of them are enough.
  t.is(culprit?.minimal, true);
  t.true(culprit!.conflicts.every(({ index }) => [0, 1, 2, 4, 5].includes(index)));
  t.is(culprit!.conflicts.length, 2);
});

test('two reads that see two writes in different orders contradict each other', async (t) => {
  const picture = `
      |----------------|  write 1
      |----------------|  write 2
        |--|              read 1
              |--|        read 2
                    |--|  read 1`;
  t.is((await judge('register', picture)).verdict, 'invalid');
  t.deepEqual(await contradiction('register', picture), [2, 3, 4]);
});

test('a value from nowhere needs no accomplice', async (t) => {
  t.deepEqual(await contradiction('register', '|--| write 1\n   |--| read 7'), [1]);
  t.deepEqual(await contradiction('fifo-queue', '|--| enqueue 1\n   |--| dequeue 7'), [1]);
  t.deepEqual(await contradiction('set', '|--| add 1\n   |--| read [7]'), [1]);
});

test('a write of unknown outcome may take effect late, or never', async (t) => {
  const late = `
      |               write 1
         |--|         write 2
               |--|   read 1`;
  const never = `
      |               write 1
         |--|         write 2
               |--|   read 2`;
  t.is((await judge('register', late)).verdict, 'valid');
  t.is((await judge('register', never)).verdict, 'valid');
  t.is((await judge('register', `${late}\n                     |--|   read 2`)).verdict, 'invalid');
});

test('a failed cas asserts that something else was there', async (t) => {
  const picture = `
      |--|            write 1
           |--|       cas 1 2 false`;
  const { verdict, method } = await judge('cas-register', picture);
  t.deepEqual({ verdict, method }, { verdict: 'invalid', method: 'jit' });
  t.is((await judge('cas-register', `${picture}\n |-----------------| write 3`)).verdict, 'valid');
});

test('a queue that lets a younger value overtake an older one is no queue', async (t) => {
  const picture = `
      |--|                  enqueue 1
           |--|             enqueue 2
                 |--|       dequeue 2
                       |--| dequeue 1`;
  const { verdict, method } = await judge('fifo-queue', picture);
  t.deepEqual({ verdict, method }, { verdict: 'invalid', method: 'sweep' });
  // An unknown dequeue may have taken 1 before, but then no other one can.
  t.is((await judge('fifo-queue', `${picture}\n                 |  dequeue`)).verdict, 'invalid');
});

test('a queue is not found empty while something is certainly inside', async (t) => {
  const picture = `
      |--|                  enqueue 1
            |--|            dequeue
                   |--|     dequeue 1`;
  t.deepEqual(await contradiction('fifo-queue', picture), [0, 1]);
});

test('a lock that two hold at once', async (t) => {
  t.deepEqual(
    await contradiction('mutex', '|--| acquire\n      |--| acquire\n           |--| release'),
    [0, 1],
  );
});

test('a list shows its order: appends may not be read the other way round', async (t) => {
  const picture = `
      |--|              append 1
           |--|         append 2
                 |--|   read [2,1]`;
  const { verdict, method } = await judge('append-list', picture);
  t.deepEqual({ verdict, method }, { verdict: 'invalid', method: 'sweep' });
  // That 2 was appended after 1 had returned is a matter of its call: it need not have returned itself.
  t.deepEqual(await contradiction('append-list', picture), [0, 2]);
});

test('what returns at the very time of a call is concurrent with it', async (t) => {
  const touching: Operation[] = [
    { index: 0, process: 0, f: 'write', input: 1, output: null, outcome: 'ok', call: 0, ret: 5 },
    { index: 1, process: 1, f: 'read', input: null, output: null, outcome: 'ok', call: 5, ret: 9 },
  ];
  t.is((await check(modelNamed('register'), touching)).verdict, 'valid');
  touching[1]!.call = 6;
  t.is((await check(modelNamed('register'), touching)).verdict, 'invalid');
});

test('maps have no order: neither as values nor as keys', async (t) => {
  for (const [model, picture] of [
    ['register', '|--| write {"a":1,"b":{"c":2,"d":3}}\n      |--| read {"b":{"d":3,"c":2},"a":1}'],
    ['cas-register', '|--| write [{"a":1,"b":2}]\n      |--| cas [{"b":2,"a":1}] 5'],
    ['fifo-queue', '|--| enqueue {"a":1,"b":2}\n      |--| dequeue {"b":2,"a":1}'],
  ] as const) {
    t.is((await judge(model, picture)).verdict, 'valid', picture);
  }
  const lists = '|--| write {"a":[1,2]}\n      |--| read {"a":[2,1]}';
  t.is((await judge('register', lists)).verdict, 'invalid', 'lists have one');
  const common = { process: 0, f: 'write', outcome: 'ok', output: null } as const;
  const keyed = [
    { ...common, index: 0, key: { a: 1, b: 2 }, input: 5, call: 0, ret: 1 },
    { ...common, index: 1, key: { b: 2, a: 1 }, f: 'read', input: null, output: 5, call: 2, ret: 3 },
  ];
  t.like(await check(modelNamed('kv'), keyed), { verdict: 'valid', stats: { keys: 1 } });
});

test('keys are objects of their own', async (t) => {
  const write = (key: string, index: number): Operation => {
    return {
      index,
      process: index,
      f: 'write',
      key,
      input: 1,
      output: null,
      outcome: 'ok',
      call: index * 2,
      ret: index * 2 + 1,
    };
  };
  const read = { ...write('b', 2), f: 'read', input: null, output: null };
  const { verdict, witness } = await check(modelNamed('kv'), [write('a', 0), write('c', 1), read]);
  t.is(verdict, 'valid');
  t.deepEqual(
    witness?.map(({ key }) => key),
    ['a', 'c', 'b'],
  );
  const { culprit } = await check(modelNamed('kv'), [write('a', 0), write('b', 1), read]);
  t.is(culprit?.key, 'b');
});

test('the same history gives the same result, byte for byte', async (t) => {
  const history = simulate({
    object: OBJECTS['cas-register']!,
    ask: askCas,
    operations: 400,
    processes: 20,
    seed: 9,
    unknown: 0.05,
  });
  const results = await Promise.all([1, 2].map(() => check(modelNamed('cas-register'), history)));
  t.is(JSON.stringify(results[0]), JSON.stringify(results[1]));
});

/** Every swap between six values once, all at a time: too many orders to try, and none of them leaves what is read. */
const hopeless = (): Operation[] => {
  const common = { outcome: 'ok', call: 1, ret: 2 } as const;
  const pairs = Array.from({ length: 36 }, (_, at) => [Math.floor(at / 6), at % 6]).filter(
    ([a, b]) => a !== b,
  );
  return [
    { index: 0, process: 0, f: 'write', input: 0, output: null, ...common },
    ...pairs.map((input, at) => ({
      index: at + 1,
      process: at + 1,
      f: 'cas',
      input,
      output: true,
      ...common,
    })),
    { index: 31, process: 31, f: 'read', input: null, output: 99, outcome: 'ok', call: 3, ret: 4 },
  ];
};

test('time that runs out makes the verdict unknown', async (t) => {
  const controller = new AbortController();
  const pending = check(modelNamed('cas-register'), hopeless(), { signal: controller.signal });
  setImmediate(() => controller.abort());
  const { verdict, reason } = await pending;
  t.is(verdict, 'unknown');
  t.regex(reason!, /time/);
  const late = await check(modelNamed('register'), drawn('|--| write 1'), { signal: AbortSignal.abort() });
  t.is(late.verdict, 'unknown');
});

/** A crowd: everything is called before anything returns. */
const crowd = (count: number, ask: (at: number) => Pick<Operation, 'f' | 'input' | 'output'>): Operation[] =>
  Array.from({ length: count }, (_, at) => ({
    index: at,
    process: at,
    ...ask(at),
    outcome: 'ok',
    call: at,
    ret: count + ((at * 7919) % count) + 1,
  }));

test('time that runs out is noticed among many small keys, and where a step looks at thousands', async (t) => {
  const write = (at: number) => ({ f: 'write', input: at % 7, output: null });
  const read = () => ({ f: 'read', input: null, output: null });
  const keys = crowd(100_000, (at) => (at % 2 === 0 ? read() : write(at))).map((operation, key) => ({
    ...operation,
    key,
  }));
  const cases = {
    kv: keys,
    register: crowd(10_000, (at) => (at % 2 === 0 ? write(at) : { f: 'read', input: null, output: at % 7 })),
    'fifo-queue': crowd(4_000, (at) =>
      at % 2 === 0
        ? { f: 'enqueue', input: at % 5, output: null }
        : { f: 'dequeue', input: null, output: (at + 1) % 5 },
    ),
  };
  for (const [model, history] of Object.entries(cases)) {
    const controller = new AbortController();
    const pending = check(modelNamed(model), history, { signal: controller.signal });
    let turns = 0;
    const later = () => (++turns === 3 ? controller.abort() : setImmediate(later));
    setImmediate(later);
    const started = process.cpuUsage().user;
    t.like(
      await pending,
      { verdict: 'unknown', reason: 'the time was up before every order had been tried' },
      model,
    );
    t.true(process.cpuUsage().user - started < 15_000_000, model);
  }
});

test('a queue on which everything is open at once ends in a verdict, not in a crash', async (t) => {
  const history = crowd(80_000, (at) =>
    at % 2 === 0
      ? { f: 'enqueue', input: at % 5, output: null }
      : { f: 'dequeue', input: null, output: (at + 1) % 5 },
  );
  const { verdict, reason } = await check(modelNamed('fifo-queue'), history);
  t.is(verdict, 'unknown');
  t.regex(reason!, /memory/);
});

test('memory that runs out makes the verdict unknown', async (t) => {
  const { verdict, reason } = await check(modelNamed('cas-register'), hopeless(), {
    memoryBytesMax: 2 ** 20,
  });
  t.is(verdict, 'unknown');
  t.regex(reason!, /memory/);
});

test('a long chain of cas of unknown outcome, of which only the end is seen, takes no longer than others', async (t) => {
  const count = 50_000;
  const history = Array.from({ length: count }, (_, at): Operation => {
    const input = [at === 0 ? null : at, at + 1];
    return {
      index: at,
      process: at,
      f: 'cas',
      input,
      output: true,
      outcome: 'info',
      call: at,
      ret: Infinity,
    };
  });
  const read = { index: count, process: 0, f: 'read', input: null, output: count, outcome: 'ok' } as const;
  history.push({ ...read, call: count, ret: count + 1 });
  const started = process.cpuUsage().user;
  const { verdict, method, witness } = await check(modelNamed('cas-register'), history);
  t.true(
    process.cpuUsage().user - started < 10_000_000,
    'a round over all of them for each would take minutes',
  );
  t.deepEqual({ verdict, method }, { verdict: 'valid', method: 'zones' });
  t.is(witness![0]!.order.length, count + 1, 'all of them must have happened');
});

test('operations that no model knows, and times that cannot be, are refused in a sentence', async (t) => {
  await t.throwsAsync(judge('register', '|--| cas 1 2'), {
    message: 'Operation 0 (p0 cas [1 2] → true): the model register knows read, write, not cas.',
  });
  await t.throwsAsync(
    check(
      modelNamed('register'),
      drawn('|--| write 1').map((operation) => ({ ...operation, ret: -1 })),
    ),
    {
      message: /returns before it is called/,
    },
  );
  t.throws(() => modelNamed('deque'), { message: 'There is no model "deque".' });
});
