import test from 'ava';
import { check } from '../../src/linear/check.ts';
import { modelNamed } from '../../src/linear/models/catalog.ts';
import { describe } from '../../src/linear/operation.ts';
import type { Random } from '../../src/core/random.ts';
import { OBJECTS, flawOf } from '../oracle/sequential.ts';
import { askCas, simulate } from '../oracle/simulate.ts';

/** Long histories, and histories of many at once: what a search that tries everything would never finish. */
const askDistinct = (random: Random, index: number) =>
  random.int(2) === 0 ? { f: 'read', input: null } : { f: 'write', input: index };

test('a hundred processes at once, a mask of four words', async (t) => {
  const object = OBJECTS['cas-register']!;
  const history = simulate({ object, ask: askCas, operations: 1500, processes: 100, seed: 3 });
  const { verdict, method, witness } = await check(modelNamed('cas-register'), history);
  t.deepEqual({ verdict, method }, { verdict: 'valid', method: 'jit' });
  t.is(flawOf(object, history, witness![0]!.order), null);
});

test('memory follows from concurrency, not from length', async (t) => {
  const bytes = async (operations: number) => {
    const history = simulate({
      object: OBJECTS['cas-register']!,
      ask: askCas,
      operations,
      processes: 8,
      seed: 5,
    });
    const result = await check(modelNamed('cas-register'), history);
    t.is(result.verdict, 'valid');
    return result.stats.bytesPeak;
  };
  // What does grow is the witness, by a few bytes an operation.
  t.true((await bytes(40_000)) < 2 * (await bytes(10_000)));
});

test('a planted stale read in a long correct history is found, and blamed', async (t) => {
  const history = simulate({
    object: OBJECTS['register']!,
    ask: askDistinct,
    operations: 3000,
    processes: 12,
    seed: 11,
  });
  t.is((await check(modelNamed('register'), history)).verdict, 'valid');
  const read = history.find(({ f, index }) => f === 'read' && index > 2000)!;
  const forgotten = history.find(({ f, index }) => f === 'write' && index > 1000)!;
  read.output = forgotten.input;
  const { verdict, culprit } = await check(modelNamed('register'), history);
  t.is(verdict, 'invalid');
  t.is(culprit?.operation.index, read.index, describe(read));
  t.true(culprit!.conflicts.length <= 3);
  // The engine, without the fast path, finds the same operation.
  const engine = { ...modelNamed('register'), shortcut: () => null };
  t.is((await check(engine, history.slice(1900), { explain: false })).verdict, 'invalid');
});

test('a long history with operations of unknown outcome does not make the search explode', async (t) => {
  const object = OBJECTS['cas-register']!;
  const history = simulate({ object, ask: askCas, operations: 20_000, processes: 5, seed: 2, unknown: 0.01 });
  const { verdict, method, witness, stats } = await check(modelNamed('cas-register'), history);
  t.deepEqual({ verdict, method }, { verdict: 'valid', method: 'jit' });
  t.is(flawOf(object, history, witness![0]!.order), null);
  t.true(stats.steps < 2_000_000, `${stats.steps} steps`);
});

test('two hundred operations at once, a mask of seven words', async (t) => {
  const object = OBJECTS['cas-register']!;
  const history = simulate({ object, ask: askCas, operations: 2000, processes: 200, seed: 4 });
  const { verdict, method, witness } = await check(modelNamed('cas-register'), history);
  t.deepEqual({ verdict, method }, { verdict: 'valid', method: 'jit' });
  t.is(flawOf(object, history, witness![0]!.order), null);
});
