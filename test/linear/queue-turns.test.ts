import test from 'ava';
import { check } from '../../src/linear/check.ts';
import { fifoQueue } from '../../src/linear/models/fifo-queue.ts';
import type { Random } from '../../src/core/random.ts';
import { OBJECTS, flawOf } from '../oracle/sequential.ts';
import { simulate } from '../oracle/simulate.ts';

const object = OBJECTS['fifo-queue']!;
/** Five values over and over: no value tells which enqueue it came from. */
const ask = (random: Random) =>
  random.int(2) === 0 ? { f: 'dequeue', input: null } : { f: 'enqueue', input: random.int(5) };

for (const [processes, unknown] of [
  [3, 0],
  [10, 0],
  [100, 0],
  [10, 0.02],
] as const) {
  test(`a queue of repeating values, ${processes} processes, ${unknown * 100} % unknown`, async (t) => {
    const history = simulate({ object, ask, operations: 5000, processes, unknown, seed: 7 });
    const { verdict, method, witness, stats } = await check(fifoQueue, history);
    t.deepEqual({ verdict, method }, { verdict: 'valid', method: 'turns' });
    t.is(flawOf(object, history, witness![0]!.order), null);
    t.true(stats.steps < 100_000, `${stats.steps} steps`);
  });
}

test('a wrong value in a long queue is found, and blamed with little else', async (t) => {
  const history = simulate({ object, ask, operations: 5000, processes: 5, seed: 3 });
  const taken = history.filter(({ f, output }) => f === 'dequeue' && output !== null);
  const wrong = taken[1000]!;
  // No value can be missing for long: the one that was there is what the queue would have to give up next.
  wrong.output = ((wrong.output as number) + 1) % 5;
  const { verdict, method, culprit } = await check(fifoQueue, history);
  t.deepEqual({ verdict, method }, { verdict: 'invalid', method: 'turns' });
  t.true(culprit!.operation.index >= wrong.index);
});

test('memory that runs out makes the verdict unknown', async (t) => {
  const history = simulate({ object, ask, operations: 5000, processes: 50, seed: 3 });
  const { verdict, reason } = await check(fifoQueue, history, { memoryBytesMax: 50_000 });
  t.is(verdict, 'unknown');
  t.regex(reason!, /memory/);
});
