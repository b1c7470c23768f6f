import type { ScanEvent } from '../../history/event.ts';
import { int64At, type Run } from '../../history/run.ts';
import { OUTCOMES } from '../../history/write.ts';
import { ABORTED, COMMITTED, OPEN, OUTSIDE, type Segments } from './segments.ts';
import {
  HAS_ABORTED,
  HAS_COMMITTED,
  HAS_MISSING,
  HAS_OPEN,
  IS_MERGED,
  IS_SPLIT,
  type TransactionTable,
} from './transaction-table.ts';

const OK = OUTCOMES.indexOf('ok');

/** What of the history counts, and how long after its end a transaction may rightly still be open. */
export interface GatherOptions {
  /** By partition: the scan whose account counts; only those that read the whole log count here. */
  scans: ReadonlyMap<number, ScanEvent>;
  /** From the end of a transaction to the scan: so long its markers may still be on their way. */
  patienceNs: number;
}

/** A transaction that took part in a segment, and the other way round, as one number each. */
interface Membership {
  owner: number;
  segment: number;
}

/**
 * One pass over the writes: what of each transaction stands where. A transaction gets a flag for everything that is out of
 * the ordinary, so that those of which all is well cost nothing more.
 *
 * A segment belongs to the transaction of the first of its records that is met. Of each producer the owners of its segments
 * in one partition follow each other as its transactions did. Only where they do not, or where a segment has records of two,
 * it is looked closer at which transaction stands in which segments.
 * @returns how many acknowledged records stand in open segments of transactions that may rightly still be open; and how many
 *   were acknowledged in transactions that were not committed, so that nothing was promised.
 */
export function gather(
  run: Pick<Run, 'writes'>,
  transactions: TransactionTable,
  segments: Segments,
  { scans, patienceNs }: GatherOptions,
): { stillOpen: number; unpromised: number } {
  /** By segment: 1 + the transaction that owns it. */
  const owners = new Uint32Array(segments.count + 2);
  /** Records that stand in a segment of another transaction. */
  const guests: Membership[] = [];
  let stillOpen = 0;
  let unpromised = 0;
  for (const batch of run.writes()) {
    const { transaction, worker, partition, outcome } = batch;
    if (transaction === undefined) continue;
    for (let row = 0; row < batch.length; row++) {
      const number = int64At(transaction, row);
      if (number < 0) continue;
      const id = transactions.idOf(worker[row]!, number);
      if (outcome[row] === OK && !transactions.isCommitted(id)) unpromised++;
      if (id < 0) continue;
      const seq = int64At(batch.seq, row);
      const only = segments.onlySegmentOf(worker[row]!, seq);
      // Nearly every record: one copy, committed, and the segment is its own transaction's.
      if (only > OUTSIDE && owners[only] === 1 + id && segments.fateOf(only) === COMMITTED) {
        transactions.flag(id, HAS_COMMITTED);
        continue;
      }
      let best = 0;
      for (const segment of only >= 0 ? [only] : segments.segmentsOf(worker[row]!, seq)) {
        best = Math.max(best, rankOf(segments, segment));
        if (segment <= OUTSIDE) continue;
        const owner = owners[segment]!;
        if (owner === 0) owners[segment] = 1 + id;
        else if (owner !== 1 + id) guests.push({ owner: id, segment });
      }
      if (best === RANKS.committed) transactions.flag(id, HAS_COMMITTED);
      if (outcome[row] !== OK || best === RANKS.committed || best === RANKS.outside) continue;
      if (best === RANKS.aborted) transactions.flag(id, HAS_ABORTED);
      const scan = scans.get(partition[row]!);
      if (scan === undefined) continue;
      if (best === RANKS.open) {
        const lastNs = Math.max(int64At(batch.completeNs, row), transactions.completeNsOf(id));
        if (scan.invokeNs >= lastNs + patienceNs) transactions.flag(id, HAS_OPEN);
        else stillOpen++;
      }
      // What was acknowledged after the scan had asked for the end may lie behind it.
      if (best === 0 && int64At(batch.completeNs, row) <= scan.invokeNs) transactions.flag(id, HAS_MISSING);
    }
  }
  for (const { owner, segment } of guests) {
    transactions.flag(owner, IS_MERGED);
    transactions.flag(owners[segment]! - 1, IS_MERGED);
  }
  flagSplit(transactions, segments, owners, guests);
  return { stillOpen, unpromised };
}

/** Of several copies of a record the one counts that shows most. */
const RANKS = { missing: 0, aborted: 1, open: 2, outside: 3, committed: 4 };

function rankOf(segments: Segments, segment: number): number {
  if (segment === 0) return RANKS.missing;
  if (segment === OUTSIDE) return RANKS.outside;
  const fate = segments.fateOf(segment);
  return fate === COMMITTED
    ? RANKS.committed
    : fate === OPEN
      ? RANKS.open
      : fate === ABORTED
        ? RANKS.aborted
        : 0;
}

function flagSplit(
  transactions: TransactionTable,
  segments: Segments,
  owners: Uint32Array,
  guests: readonly Membership[],
): void {
  const suspects = new Set(guests.map(({ owner }) => owner));
  /** By chain: the highest transaction of its segments so far. */
  const highest = new Float64Array(segments.chainCount).fill(-1);
  for (let segment = 2; segment < owners.length; segment++) {
    const owner = owners[segment]! - 1;
    if (owner < 0) continue;
    const chain = segments.chainOf(segment);
    const last = highest[chain]!;
    if (owner <= last) for (const each of [owner, last]) suspects.add(each);
    else highest[chain] = owner;
  }
  if (suspects.size === 0) return;
  /** By suspect: its segments by chain. Under another producer id it is the client that sent the records again. */
  const places = new Map<number, Map<number, Set<number>>>();
  const note = (owner: number, segment: number) => {
    if (!suspects.has(owner)) return;
    const chain = segments.chainOf(segment);
    const ofOwner = places.get(owner) ?? new Map<number, Set<number>>();
    places.set(owner, ofOwner.set(chain, (ofOwner.get(chain) ?? new Set()).add(segment)));
  };
  for (let segment = 2; segment < owners.length; segment++)
    if (owners[segment] !== 0) note(owners[segment]! - 1, segment);
  for (const { owner, segment } of guests) note(owner, segment);
  for (const [owner, byChain] of places)
    if ([...byChain.values()].some((found) => found.size > 1)) transactions.flag(owner, IS_SPLIT);
}
