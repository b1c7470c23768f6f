import test from 'ava';
import { fc } from '@fast-check/ava';
import { valueName } from '../../../src/core/words.ts';
import { check } from '../../../src/checker/check.ts';
import { writeAt, readAt, endAt, transactionAt } from '../../../src/history/columns/columns.ts';
import type { Event } from '../../../src/history/event.ts';
import { runOf } from '../../../src/history/memory.ts';
import type { Run } from '../../../src/history/run.ts';
import { OUTCOMES, type Read, type Write } from '../../../src/history/write.ts';
import { explanationText } from '../../../src/report/explain/explanation-text.ts';
import type { Life } from '../../../src/report/explain/life.ts';
import { explain } from '../../../src/report/explain/lives.ts';
import { simulate } from '../../../src/run/simulate.ts';
import { drawScenario } from '../../../src/scenario/swarm.ts';
import { drawTransactionalScenario } from '../../../src/scenario/transactional-swarm.ts';
import { seededRandom } from '../../../src/core/random.ts';
import type { Bug } from '../../../src/sim/bugs.ts';
import { finalScan, isolated, leads, NODES, truncated } from '../../checker/story.ts';
import { holds } from '../../holds.ts';

/** What is told of any record is what the history has, in the order of time, and what the checker found. */

/** Every time in the history. */
function timesOf(run: Run): Set<number> {
  const times = new Set<number>();
  const addAll = (row: object) => {
    for (const [name, value] of Object.entries(row))
      if (name.endsWith('Ns') && typeof value === 'number') times.add(value);
  };
  for (const event of run.events) addAll(event);
  for (const batch of run.writes()) for (let row = 0; row < batch.length; row++) addAll(writeAt(batch, row));
  for (const batch of run.reads()) for (let row = 0; row < batch.length; row++) addAll(readAt(batch, row));
  for (const batch of run.ends()) for (let row = 0; row < batch.length; row++) addAll(endAt(batch, row));
  for (const batch of run.transactions?.() ?? [])
    for (let row = 0; row < batch.length; row++) addAll(transactionAt(batch, row));
  return times;
}

/** What is wrong with a life; empty where it is as it should be. */
function wrongsOf({ value, steps, standing, findings }: Life, times: ReadonlySet<number>): string[] {
  const wrongs: string[] = [];
  for (const [index, { timeNs, what }] of steps.entries()) {
    if (!times.has(timeNs)) wrongs.push(`${value}: ${what} at ${timeNs}, which the history does not have`);
    if (index > 0 && steps[index - 1]!.timeNs > timeNs) wrongs.push(`${value}: ${what} goes back in time`);
  }
  const own = findings.filter(({ about }) => about === undefined).map(({ kind }) => kind);
  if (
    own.some((kind) => kind.startsWith('lost') && kind !== 'lost-committed') &&
    standing.where !== 'nowhere'
  )
    wrongs.push(`${value} is lost, and told to be ${standing.where}`);
  if (standing.where === 'more-than-once' && !own.includes('duplicate'))
    wrongs.push(`${value} is told to be there more than once, and is no duplicate`);
  // Be it that the final scan found it at one of them, and another reader at the other one.
  const places = new Set(
    steps.flatMap((step) => (step.what === 'given' ? [`${step.partition}:${step.offset}`] : [])),
  );
  if (own.includes('duplicate') && places.size < 2) wrongs.push(`${value} is a duplicate at one place`);
  if (standing.where === 'more-than-once' && standing.places.length < 2)
    wrongs.push(`${value} stands at ${standing.places.length} places`);
  if ((standing.where === 'once') !== (standing.places.length === 1))
    wrongs.push(`${value} is told once, and stands at ${standing.places.length} places`);
  return wrongs;
}

/** Values of the checker's own account: those that it counts as lost, and those that are there twice. */
function accusedIn(run: Run): Map<string, Set<string>> {
  const accused = new Map<string, Set<string>>();
  const counted = new Set(check(run, { claim: 'kept' }).findings.map(({ kind }) => kind));
  check(run, {
    claim: 'kept',
    onAnomaly: ({ kind, worker, seq }) => {
      if (
        worker < 0 ||
        seq < 0 ||
        !counted.has(kind) ||
        !['lost', 'lost-after-read', 'duplicate'].includes(kind)
      )
        return;
      const name = valueName(worker, seq);
      accused.set(name, (accused.get(name) ?? new Set()).add(kind));
    },
  });
  return accused;
}

function wrongsIn(run: Run, values: readonly { worker: number; seq: number }[]): string[] {
  const times = timesOf(run);
  const accused = accusedIn(run);
  return values.flatMap((value) => {
    const explanation = explain(run, { value });
    const [life] = explanation.records;
    const text = explanationText(explanation, { columns: 80 });
    const told = new Set(life!.findings.filter(({ about }) => about === undefined).map(({ kind }) => kind));
    const untold = [...(accused.get(life!.value) ?? [])].filter((kind) => !told.has(kind as never));
    return [
      ...wrongsOf(life!, times),
      ...untold.map((kind) => `${life!.value} is ${kind} by the checker, and that is not told`),
      ...text.split('\n').filter((line) => line.length > 80 || /undefined|NaN|null|Infinity/.test(line)),
    ];
  });
}

const small = (max: number) => fc.nat(max);
/** A value that stands in another partition than its own is no valid one. */
const partitionOf = ({ worker }: { worker: number }) => worker % 2;
const writes = fc
  .uniqueArray(
    fc.record({
      worker: small(2),
      seq: small(3),
      intendedNs: small(3),
      invokeNs: fc.integer({ min: 3, max: 20 }),
      tookNs: small(5),
      outcome: fc.constantFrom(...OUTCOMES),
      offset: fc.option(small(6)),
      broker: fc.option(fc.integer({ min: 1, max: 2 })),
      attempts: small(2),
    }),
    { maxLength: 8, minLength: 1, selector: ({ worker, seq }) => `${worker}:${seq}` },
  )
  .map((all) =>
    all.map(({ tookNs, offset, ...write }): Write => {
      const completeNs = write.invokeNs + tookNs;
      return {
        ...write,
        partition: partitionOf(write),
        completeNs,
        error: null,
        offset: write.outcome === 'ok' ? offset : null,
      };
    }),
  );
const reads = fc
  .uniqueArray(
    fc.record({
      scan: small(2),
      offset: small(6),
      worker: small(2),
      seq: small(3),
      timeNs: small(50),
      integrity: fc.constantFrom('valid', 'valid', 'valid', 'bad-checksum'),
    }),
    { maxLength: 14, selector: ({ scan, worker, offset }) => `${scan} ${partitionOf({ worker })} ${offset}` },
  )
  .map((all) =>
    all
      .map((read): Read => ({ ...read, partition: partitionOf(read) }))
      .toSorted((one, other) => one.timeNs - other.timeNs || one.offset - other.offset),
  );
const events = fc
  .record({
    end: small(8),
    covered: fc.boolean(),
    from: small(1),
    leader: small(30),
    cut: small(30),
    fault: small(30),
  })
  .map(({ end, covered, from, leader, cut, fault }): Event[] => [
    leads(1, 0, 0),
    leads(2, 1, leader / 1e9, { startOffset: 1 }),
    ...isolated('f1', fault / 1e9, (fault + 9) / 1e9),
    truncated('kafka1', 2, cut / 1e9),
    { ...finalScan(end), covered, from, invokeNs: 30, completeNs: 51 },
    { ...finalScan(end), partition: 1, invokeNs: 30, completeNs: 52 },
    { ...finalScan(end), scan: 1, name: 'audit', final: false, invokeNs: 0, completeNs: 53 },
  ]);

test('of any record of any small history', (t) => {
  t.timeout(60_000);
  holds(
    t,
    fc.property(writes, reads, events, (ws, rs, es) => {
      const run = runOf({ info: { nodes: NODES, partitions: 2 }, writes: ws, reads: rs, events: es });
      const wrongs = wrongsIn(run, ws);
      t.deepEqual(wrongs, []);
    }),
    { numRuns: 500 },
  );
});

const RECORDS = 25;

for (const [what, seed, bug] of [
  ['plain', 6, null],
  ['plain', 3, 'duplicate-on-retry'],
  ['plain', 12, 'truncate-to-high-watermark'],
  ['transactional', 2, 'marker-missing'],
] as [string, number, Bug | null][]) {
  test(`of records of a simulated run: ${what}, seed ${seed}, bug ${bug ?? 'none'}`, async (t) => {
    const drawn = what === 'plain' ? drawScenario(seed) : drawTransactionalScenario(seed, 2);
    const { run } = await simulate({ ...drawn, seed, bug });
    const all: Write[] = [];
    for (const batch of run.writes())
      for (let row = 0; row < batch.length; row++) all.push(writeAt(batch, row));
    const random = seededRandom(seed);
    const accused = [...accusedIn(run).keys()].slice(0, RECORDS).map((name) => {
      const [worker, seq] = name.slice(1).split(':').map(Number) as [number, number];
      return { worker, seq };
    });
    const drawnRecords = Array.from({ length: RECORDS }, () => random.pick(all));
    t.deepEqual(wrongsIn(run, [...drawnRecords, ...accused]), []);
  });
}
