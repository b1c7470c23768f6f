import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { check } from '../../src/checker/check.ts';
import type { Result } from '../../src/checker/result.ts';
import type { Event } from '../../src/history/event.ts';
import type { Run } from '../../src/history/run.ts';
import { drawScenario } from '../../src/scenario/swarm.ts';
import { tryOut } from '../../src/search/trial.ts';
import type { Bug } from '../../src/sim/bugs.ts';
import { withEvents } from '../history/with-events.ts';

/**
 * A cluster that somebody else runs shows no broker's log: who led is known from what brokers answered when they were asked.
 * What only a log would have told must accuse nobody; and what was lost must still be found.
 */
const isFromALog = (event: Event) =>
  event.type === 'log' || ('observer' in event && event.observer.startsWith('log:'));

/** The same run, as it would look had nobody read the brokers' logs. */
function withoutLogs(run: Run): Run {
  const events = run.events.filter((event) => !isFromALog(event));
  return withEvents(run, events, { leadershipFrom: 'metadata' });
}

async function judged(seed: number, bug: Bug | null): Promise<{ withLogs: Result; bare: Result }> {
  const { run, result } = await tryOut({ ...drawScenario(seed), seed, bug }, 'contract');
  return { withLogs: result, bare: check(withoutLogs(run), { claim: 'contract' }) };
}

test('a term that was told late, and a leader that came back unseen without power, are no violations', async (t) => {
  for (const seed of [1_453, 1_755, 2_761, 2_527, 2_788]) {
    const { withLogs, bare } = await judged(seed, null);
    t.is(withLogs.verdict, 'valid');
    t.not(bare.verdict, 'invalid', `seed ${seed}: ${bare.reasons[0]}`);
  }
});

testProp(
  'no Kafka without a bug is accused where only metadata tells who led',
  [fc.integer({ min: 1, max: 2 ** 31 - 1 })],
  async (t, seed) => {
    const { bare } = await judged(seed, null);
    t.not(bare.verdict, 'invalid', `seed ${seed}: ${bare.reasons[0]}`);
  },
  { numRuns: 60 },
);

test('an acknowledgement before replication is found without any log', async (t) => {
  let found = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const { bare } = await judged(seed, 'ack-before-replication');
    found += Number(bare.verdict === 'invalid');
  }
  t.true(found >= 5, `${found} of 60 seeds`);
});

test('what a loss of power may have taken unseen is not shown to be permitted either', async (t) => {
  let permitted = 0;
  for (let seed = 1; seed <= 3_000 && permitted < 3; seed++) {
    const draw = drawScenario(seed);
    if (!draw.schedule.some(({ fault }) => fault.kind === 'power-loss')) continue;
    const { bare } = await judged(seed, null);
    if (!bare.findings.some(({ judgement }) => judgement === 'permitted')) continue;
    permitted++;
    t.is(bare.verdict, 'inconclusive', `seed ${seed}`);
  }
  t.is(permitted, 3);
});
