import test from 'ava';
import { fc } from '@fast-check/ava';
import { check } from '../../src/checker/check.ts';
import { cyclesOf } from '../../src/checker/transactions/cycles.ts';
import type { ScanEvent } from '../../src/history/event.ts';
import { runOf } from '../../src/history/memory.ts';
import type { Transaction } from '../../src/history/transaction.ts';
import type { Read, Write } from '../../src/history/write.ts';
import { holds } from '../holds.ts';
import { effort } from '../oracle/effort.ts';
import { cyclesByReach } from '../oracle/cycles.ts';

/** Transactions that read from each other, and the graph beneath. */
const graphOf = fc
  .nat(8)
  .chain((last) =>
    fc.array(fc.array(fc.nat(last), { maxLength: 3 }), { minLength: last + 1, maxLength: last + 1 }),
  );

test('the cycles of a graph are those of the definition', (t) => {
  holds(
    t,
    fc.property(graphOf, (edges) => {
      const byFirst = (cycles: number[][]) => cycles.toSorted(([a], [b]) => a! - b!);
      t.deepEqual(byFirst(cyclesOf(edges)), byFirst(cyclesByReach(edges)));
    }),
    effort(5_000),
  );
});

test('a long chain needs no deep stack, and its last edge closes it', (t) => {
  const length = 200_000;
  const chain = Array.from({ length }, (_, node) => (node + 1 < length ? [node + 1] : []));
  t.deepEqual(cyclesOf(chain), []);
  chain[length - 1] = [0];
  t.is(cyclesOf(chain)[0]!.length, length);
});

test('each group of transactions that read from each other is one finding, and else there is none', (t) => {
  const met = new Set<number>();
  holds(
    t,
    fc.property(
      // By transaction: which others it was given a record of.
      graphOf,
      fc.constantFrom('read_committed' as const, 'unknown' as const, 'read_uncommitted' as const),
      (readFrom, isolation) => {
        const transactions = readFrom.map((_, worker): Transaction => ({
          worker, number: 0, producerId: null, epoch: null, endProducerId: null, endEpoch: null, beginNs: 0, end: 'commit',
          endInvokeNs: 0, endCompleteNs: 9, outcome: 'committed', error: null, attempts: 1, answered: 1,
        })); // prettier-ignore
        const writes = readFrom.map((_, worker): Write => ({
          worker, seq: 0, partition: 0, intendedNs: 0, invokeNs: 0, completeNs: 9, outcome: 'ok', error: null, offset: worker,
          attempts: 1, broker: null, transaction: 0,
        })); // prettier-ignore
        const common = {
          type: 'scan' as const,
          partition: 0,
          from: 0,
          end: 9,
          invokeNs: 0,
          completeNs: 9,
          isolation,
        };
        const scans = readFrom.map((_, worker): ScanEvent => ({
          ...common, scan: 1 + worker, name: `within ${worker}`, covered: false, final: false, within: { worker, number: 0 },
        })); // prettier-ignore
        const final: ScanEvent = {
          ...common,
          scan: 0,
          name: 'given',
          covered: true,
          final: true,
          endIsOpen: true,
        };
        const read = (scan: number, worker: number): Read => ({
          scan, partition: 0, offset: worker, worker, seq: 0, timeNs: 9, integrity: 'valid',
        }); // prettier-ignore
        const reads = [
          ...readFrom.map((_, worker) => read(0, worker)),
          ...readFrom.flatMap((writers, worker) => writers.map((writer) => read(1 + worker, writer))),
        ];
        const info = {
          transactions: { ids: [], version: null, timeoutMs: 1_000, stateMinInsyncReplicas: null },
        };
        const result = check(runOf({ info, transactions, writes, reads, events: [final, ...scans] }, 3), {
          claim: 'kept',
        });
        const cycles = cyclesByReach(readFrom).length;
        met.add(cycles);
        t.is(result.counts['dirty-read'], isolation === 'read_committed' ? cycles : 0);
        const isTold = result.reasons.some((reason) =>
          reason.includes('read from each other, or one from itself'),
        );
        t.is(isTold, isolation === 'unknown' && cycles > 0);
        t.is(
          result.verdict,
          cycles === 0 || isolation === 'read_uncommitted'
            ? 'valid'
            : isolation === 'unknown'
              ? 'inconclusive'
              : 'invalid',
        );
      },
    ),
    effort(500),
  );
  t.true(met.has(0) && met.has(1) && met.has(2));
});
