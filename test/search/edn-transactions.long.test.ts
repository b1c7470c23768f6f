import test from 'ava';
import { check } from '../../src/checker/check.ts';
import type { ScanEvent } from '../../src/history/event.ts';
import { formatEdn } from '../../src/history/interchange/edn.ts';
import { readJepsenKafka } from '../../src/history/interchange/jepsen-kafka.ts';
import type { Run } from '../../src/history/run.ts';
import { ednEntries } from '../../src/linear/format/edn.ts';
import { drawTransactionalScenario } from '../../src/scenario/transactional-swarm.ts';
import { seedsOf } from '../../src/search/sweep.ts';
import { tryOut } from '../../src/search/trial.ts';
import { type TRANSACTION_BUGS, TRANSACTION_BUG_NAMES } from '../../src/sim/bugs.ts';
import { transactionalRowsOf } from '../history/sample.ts';
import { givenFindings } from '../oracle/given.ts';

/**
 * Runs of the model go out as Jepsen's operations and come in again. What is found then is what the definitions say of the
 * records that a reader of what is committed was given, and no run is accused in which nothing was wrong.
 */
function throughEdn(run: Run): Run {
  const entries = ednEntries([...formatEdn(run)].join(''));
  function* all() {
    for (let entry = entries.next(); entry !== undefined; entry = entries.next()) yield entry;
  }
  return readJepsenKafka(all(), 'run.edn');
}

type Rows = ReturnType<typeof transactionalRowsOf>;

/** What readers of what is committed were given, by the definitions: a record whose next marker is a commit, below the last stable offset. */
function givenOf({ reads, markers, events }: Rows): Rows['reads'] {
  const scans = events.filter((event): event is ScanEvent => event.type === 'scan');
  return reads.filter(({ scan, partition, offset, producerId }) => {
    const bounds = scans.find((each) => each.scan === scan && each.partition === partition);
    if (bounds?.isolation === 'read_committed') return true;
    if (bounds?.final !== true || offset >= (bounds.stable ?? Infinity)) return false;
    const ends = markers.filter(
      (marker) =>
        marker.scan === scan &&
        marker.partition === partition &&
        marker.producerId === producerId &&
        marker.offset > offset,
    );
    const [first] = ends.toSorted((a, b) => a.offset - b.offset);
    return producerId === undefined || first?.kind === 'commit';
  });
}

/** What is wrong with transactions by that alone, as names of transactions. */
function expectedOf(rows: Rows, partitions: number): Set<string> {
  const given = givenOf(rows).map((read) => ({ ...read, scan: 0 }));
  const scans = Array.from({ length: partitions }, (_, partition): ScanEvent => {
    const end = 1 + Math.max(-1, ...given.filter((read) => read.partition === partition).map(({ offset }) => offset)); // prettier-ignore
    return {
      type: 'scan', scan: 0, name: 'given', partition, from: 0, end, covered: true, final: true, endIsOpen: true,
      invokeNs: 0, completeNs: 0, isolation: 'read_committed',
    }; // prettier-ignore
  });
  return givenFindings({ ...rows, reads: given, scans });
}

/**
 * Where to look for a run in which the bug shows in what readers are given: a seed before which it is not worth while. One that only
 * leaves a transaction open for ever hides records, and accuses nobody.
 */
const FIRST_SHOWN: Partial<Record<keyof typeof TRANSACTION_BUGS, number>> = {
  'stray-marker': 1,
  'late-produce-accepted': 16,
  'marker-before-records': 1,
  'fencing-forgotten': 16,
  'decision-forgotten': 149,
  'end-answered-early': 79,
  'marker-missing': 1,
  'aborted-shown': 12,
};
const SEEDS = 4;
const SEEDS_MAX = 1_000;

for (const bug of [null, ...TRANSACTION_BUG_NAMES]) {
  test(`as Jepsen’s operations a run is judged by what was given: ${bug ?? 'no bug'}`, async (t) => {
    t.timeout(600_000);
    const isAccused = async (seed: number, version: 1 | 2) => {
      const { run } = await tryOut({ ...drawTransactionalScenario(seed, version), seed, bug }, 'kept');
      const copy = check(throughEdn(run), { claim: 'kept' });
      const name = `seed ${seed}, version ${version}`;
      const expected = [...expectedOf(transactionalRowsOf(run), run.info.partitions)];
      const counted = (kind: string) => expected.filter((each) => each.startsWith(kind)).length;
      t.is(copy.counts['aborted-read'], counted('aborted-read'), name);
      t.is(copy.counts.torn, counted('torn'), name);
      if (copy.verdict !== 'invalid') return false;
      const { verdict, reasons } = check(run, { claim: 'kept' });
      t.is(verdict, 'invalid', `${name}: ${JSON.stringify([copy.reasons, reasons])}`);
      return true;
    };
    for (const version of [1, 2] as const)
      for (const seed of seedsOf({ first: 1, last: SEEDS })) await isAccused(seed, version);
    const first = bug === null ? undefined : FIRST_SHOWN[bug];
    if (first === undefined) return;
    for (const seed of seedsOf({ first, last: SEEDS_MAX })) {
      if (!(await isAccused(seed, 2))) continue;
      t.log(`seed ${seed}`);
      return;
    }
    t.fail(`no seed up to ${SEEDS_MAX} shows it`);
  });
}
