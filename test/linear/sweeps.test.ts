import test from 'ava';
import fc from 'fast-check';
import { seededRandom } from '../../src/core/random.ts';
import { check } from '../../src/linear/check.ts';
import { modelNamed } from '../../src/linear/models/catalog.ts';
import type { Operation } from '../../src/linear/operation.ts';
import { effort } from '../oracle/effort.ts';
import { flawOf, OBJECTS } from '../oracle/sequential.ts';
import { simulate } from '../oracle/simulate.ts';
import { holds } from '../holds.ts';

/**
 * Histories too long for brute force: the fast paths against searches, which share nothing with them. They are right
 * by construction, or their answers were tampered with, and an order that is claimed is tried out.
 */
const KINDS = {
  stack: ['push', 'pop'],
  'unordered-queue': ['enqueue', 'dequeue'],
  'fifo-queue': ['enqueue', 'dequeue'],
} as const;

/** A history of distinct values, nested deep or hardly at all. */
function made(model: keyof typeof KINDS, seed: number, operations: number): Operation[] {
  const [into, outOf] = KINDS[model];
  const random = seededRandom(seed);
  const phase = 1 + random.int(operations);
  const history = simulate({
    object: OBJECTS[model]!,
    ask(ask, index) {
      const grows = Math.floor(index / phase) % 2 === 0;
      return ask.float() < (grows ? 0.75 : 0.25) ? { f: into, input: index } : { f: outOf, input: null };
    },
    operations,
    processes: 1 + random.int(6),
    seed,
  });
  const taking = history.filter(({ f, output }) => f === outOf && output !== null);
  if (random.float() < 0.6 && taking.length > 1) {
    const at = random.int(taking.length - 1);
    const [one, other] = [taking[at]!, taking[at + 1]!];
    // In a queue without an order nothing can be exchanged; something can be missing.
    if (model === 'unordered-queue') one.output = null;
    else [one.output, other.output] = [other.output, one.output];
  }
  return history;
}

for (const name of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
  test(`${name}: the fast path decides long histories, as a search does that takes longer`, async (t) => {
    const tally = { valid: 0, invalid: 0 };
    const model = modelNamed(name);
    const searchOnly = { ...model, shortcut: () => null };
    const runs = effort(300);
    await holds(
      t,
      fc.asyncProperty(fc.nat(), async (seed) => {
        const history = made(name, seed, 40);
        const fast = await check(model, history, { explain: false });
        if (fast.verdict === 'unknown') return;
        if (fast.method !== 'sweep') throw new Error(`it was decided by ${fast.method}`);
        if (fast.verdict === 'valid') {
          const flaw = flawOf(OBJECTS[name]!, history, fast.witness![0]!.order);
          if (flaw !== null) throw new Error(flaw);
        } else {
          const { verdict } = await check(searchOnly, history, { explain: false, memoryBytesMax: 2 ** 24 });
          if (verdict === 'valid') throw new Error('the sweep found no order, a search found one');
          if (verdict === 'unknown') return;
        }
        tally[fast.verdict]++;
      }),
      runs,
    );
    t.true(tally.valid > runs.numRuns / 10 && tally.invalid > runs.numRuns / 20, JSON.stringify(tally));
  });
}
