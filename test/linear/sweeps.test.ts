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
  'priority-queue': ['insert', 'poll'],
  'unordered-queue': ['enqueue', 'dequeue'],
  'fifo-queue': ['enqueue', 'dequeue'],
} as const;

/** A history of distinct values, nested deep or hardly at all. */
function made(
  model: keyof typeof KINDS,
  { seed, operations, unknown = 0 }: { seed: number; operations: number; unknown?: number },
): Operation[] {
  const [into, outOf] = KINDS[model];
  const random = seededRandom(seed);
  const phase = 1 + random.int(operations);
  const peeks = PEEKED.has(model) ? random.float() * 0.5 : 0;
  const factor = 1 + 2 * random.int(8);
  const history = simulate({
    object: OBJECTS[model]!,
    ask(ask, index) {
      const grows = Math.floor(index / phase) % 2 === 0;
      if (ask.float() < peeks) return { f: 'peek', input: null };
      // An odd factor makes other numbers of other indexes, in another order.
      const input = model === 'priority-queue' ? (index * factor) % 64 : index;
      return ask.float() < (grows ? 0.75 : 0.25) ? { f: into, input } : { f: outOf, input: null };
    },
    operations,
    processes: 1 + random.int(6),
    seed,
    unknown,
  });
  const taking = history.filter(({ output }) => output !== null);
  if (random.float() < 0.6 && taking.length > 1) {
    const at = random.int(taking.length - 1);
    const [one, other] = [taking[at]!, taking[at + 1]!];
    // In a queue without an order nothing can be exchanged; something can be missing.
    if (model === 'unordered-queue') one.output = null;
    else [one.output, other.output] = [other.output, one.output];
  }
  return history;
}

const PEEKED = new Set<string>(['stack', 'priority-queue']);

for (const name of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
  test(`${name}: the fast path decides long histories, as a search does that takes longer`, async (t) => {
    const tally = { valid: 0, invalid: 0 };
    const model = modelNamed(name);
    const searchOnly = { ...model, shortcut: () => null };
    const runs = effort(300);
    await holds(
      t,
      fc.asyncProperty(fc.nat(), async (seed) => {
        const history = made(name, { seed, operations: 40 });
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

for (const name of ['stack', 'priority-queue'] as const) {
  test(`${name}: removals of unknown outcome, of which nothing tells what they took`, async (t) => {
    const tally = { valid: 0, invalid: 0, left: 0 };
    const model = modelNamed(name);
    const searchOnly = { ...model, shortcut: () => null };
    const runs = effort(300);
    await holds(
      t,
      fc.asyncProperty(fc.nat(), async (seed) => {
        const history = made(name, { seed, operations: 30, unknown: 0.2 });
        const fast = await check(model, history, { explain: false });
        if (fast.method !== 'sweep') {
          tally.left++;
          return;
        }
        if (fast.verdict === 'valid') {
          const flaw = flawOf(OBJECTS[name]!, history, fast.witness![0]!.order);
          if (flaw !== null) throw new Error(flaw);
        } else {
          const { verdict } = await check(searchOnly, history, { explain: false, memoryBytesMax: 2 ** 24 });
          if (verdict === 'valid') throw new Error('the sweep found no order, a search found one');
        }
        tally[fast.verdict as 'valid' | 'invalid']++;
      }),
      runs,
    );
    t.true(tally.valid > runs.numRuns / 10 && tally.invalid > runs.numRuns / 20, JSON.stringify(tally));
    // What is left to a search is rare.
    t.true(tally.left < runs.numRuns / 10, JSON.stringify(tally));
  });

  test(`${name}: what must not change a verdict does not, and what can only help does`, async (t) => {
    const tally = { valid: 0, invalid: 0 };
    const verdictOf = async (history: readonly Operation[], model: string = name) =>
      (await check(modelNamed(model), history, { explain: false })).verdict;
    await holds(
      t,
      fc.asyncProperty(fc.nat(), async (seed) => {
        const history = made(name, { seed, operations: 60 });
        const random = seededRandom(seed);
        const verdict = await verdictOf(history);
        if (verdict === 'unknown') return;
        tally[verdict]++;
        const [into] = KINDS[name];
        const wide = history.map((operation) => ({
          ...operation,
          call: operation.call - random.int(4),
          ret: operation.ret + random.int(4),
        }));
        const { input: value } = random.pick(history.filter(({ f }) => f === into));
        const without = history.filter(({ input, output }) => input !== value && output !== value);
        if (verdict === 'valid') {
          if ((await verdictOf(wide)) !== 'valid') throw new Error('more time has spoiled it');
          if ((await verdictOf(without)) === 'invalid')
            throw new Error(`without ${JSON.stringify(value)} it is wrong`);
        }
        const mirrored =
          name === 'priority-queue'
            ? await verdictOf(history.map(negated), 'max-priority-queue')
            : await verdictOf(history.map(renamed));
        if (mirrored !== verdict) throw new Error(`other names make it ${mirrored}, it was ${verdict}`);
      }),
      effort(200),
    );
    t.true(tally.valid > 20 && tally.invalid > 10, JSON.stringify(tally));
  });
}

function negated(operation: Operation): Operation {
  const turn = (value: Operation['input']) => (typeof value === 'number' ? -value : value);
  return { ...operation, input: turn(operation.input), output: turn(operation.output) };
}

function renamed(operation: Operation): Operation {
  const rename = (value: Operation['input']) =>
    typeof value === 'number' ? `v${(value * 37) % 101}` : value;
  return { ...operation, input: rename(operation.input), output: rename(operation.output) };
}
