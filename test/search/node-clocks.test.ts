import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { seededRandom } from '../../src/core/random.ts';
import type { Event } from '../../src/history/event.ts';
import type { Run } from '../../src/history/run.ts';
import { drawScenario } from '../../src/scenario/swarm.ts';
import { tryOut } from '../../src/search/trial.ts';
import { withEvents } from '../history/with-events.ts';

/**
 * Nodes behind SSH have clocks of their own. What their logs tell then stands a little early or late in the history, and
 * the history says by how much at most. Nobody is accused of anything that only that difference makes.
 */
function withClocks(run: Run, uncertaintyNs: number, seed: number): Run {
  const random = seededRandom(seed);
  const aheadNs = new Map(
    run.info.nodes.map(({ name }) => [name, random.int(2 * uncertaintyNs) - uncertaintyNs]),
  );
  const nodeOf = (event: Event) => {
    if (event.type === 'log') return event.node;
    return event.type === 'view' && event.observer.startsWith('log:') ? event.observer.slice(4) : null;
  };
  const clocks = run.info.nodes.map(({ name }): Event => ({
    type: 'clock',
    timeNs: 0,
    node: name,
    offsetNs: 0,
    uncertaintyNs,
  }));
  const moved = run.events.map((event) => {
    const node = nodeOf(event);
    if (node === null || !('timeNs' in event)) return event;
    return { ...event, timeNs: Math.max(0, event.timeNs + (aheadNs.get(node) ?? 0)) };
  });
  return withEvents(run, [...clocks, ...moved]);
}

async function verdictOf(seed: number, uncertaintyNs: number): Promise<string> {
  const { run } = await tryOut({ ...drawScenario(seed), seed, bug: null }, 'contract');
  const { verdict, reasons } = check(withClocks(run, uncertaintyNs, seed), { claim: 'contract' });
  return verdict === 'invalid' ? `invalid: ${reasons[0]}` : 'not accused';
}

test('an answer to a leader that was about to lead again is no answer of the wrong term', async (t) => {
  t.is(await verdictOf(1_755, 200e6), 'not accused');
});

testProp(
  'no Kafka without a bug is accused for the clocks of its nodes',
  [fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.constantFrom(5e6, 50e6, 200e6)],
  async (t, seed, uncertaintyNs) => {
    t.is(await verdictOf(seed, uncertaintyNs), 'not accused');
  },
  { numRuns: 60 },
);
