import { isUnsaid } from '../../../history/assumptions.ts';
import { eventsOf } from '../../../history/events-of.ts';
import { faultSpansOf, isUnderFault } from '../../../history/fault-spans.ts';
import type { Run } from '../../../history/run.ts';
import type { Read, Write } from '../../../history/write.ts';
import { Examination } from '../../examination.ts';
import { SLACK_NS } from '../../facts/clock.ts';
import { EndBounds } from '../../facts/end-bounds.ts';
import { clockUncertaintyNs } from '../../facts/node-clocks.ts';
import { areWorkersSessions } from '../../facts/producer-sessions.ts';
import { isAudited } from '../../findings/judgement.ts';
import { boundingEnds } from '../../passes/bounding.ts';
import { type Place, placesOf, plainPlaces } from './plain-places.ts';

/**
 * Which rows cannot matter any more once a settled scan has read them. The rules are those by which an engine leaves out rows
 * (docs/engines.md), for a history that goes on: what may be told of a row later keeps it here.
 * @returns the places that can be left out, each one write with all its reads.
 */
export function leaveOut(run: Run, writes: readonly Write[], reads: readonly Read[]): Place[] {
  const { info, events } = run;
  if (info.dense === true || info.clocks !== undefined) return [];
  if (areWorkersSessions(info) || !isAudited(info)) return [];
  const examination = new Examination(run);
  examination.faults = faultSpansOf(events);
  const values = new Values(writes, reads);
  const witnesses = new Set([...clockWitnesses(writes), ...faultWitness(examination, writes)]);
  const left: Place[] = [];
  for (const partition of new Set(writes.map((write) => write.partition))) {
    const own = reads.filter((read) => read.partition === partition);
    const log = examination.logOf(partition);
    const { scan } = log;
    if (scan === null || !log.covered || scan.from > 0 || scan.endIsOpen === true || wentBack(own)) continue;
    const readers = new Readers(examination, partition, own);
    const pinned = new Set(
      eventsOf(events, 'repetition').flatMap((event) => (event.partition === partition ? event.offset : [])),
    );
    const bounds = boundingEnds(examination, partition);
    const places = placesOf(
      writes.filter((write) => write.partition === partition),
      own,
    );
    const plain = plainPlaces(places, {
      isSettled: (place) => place.offset < scan.end && readers.gave(place, scan.scan),
      isOddValue: (write) => values.isOdd(write),
      calledNs: (read) => values.calledNs(read),
      ends: bounds === null ? null : new EndBounds(bounds),
    });
    const kept = new Set([...readers.highest, ...highestWrite(places), ...pinned]);
    const survivors = new Set(survivorsOf(examination, partition, plain));
    left.push(
      ...plain.filter(
        (place) => !kept.has(place.offset) && !survivors.has(place) && !witnesses.has(place.writes[0]!),
      ),
    );
  }
  return left;
}

const keyOf = (worker: number | null, seq: number | null) => `${worker}:${seq}`;

/** What is said about each value. */
class Values {
  readonly #writes = new Map<string, Write[]>();
  readonly #reads = new Map<string, Read[]>();

  constructor(writes: readonly Write[], reads: readonly Read[]) {
    for (const write of writes) push(this.#writes, keyOf(write.worker, write.seq), write);
    for (const read of reads)
      if (read.integrity === 'valid') push(this.#reads, keyOf(read.worker, read.seq), read);
  }

  /** Whether it is not one write that was acknowledged after it was sent, and read only where it was acknowledged. */
  isOdd(write: Write): boolean {
    const key = keyOf(write.worker, write.seq);
    const { outcome, completeNs, invokeNs, offset, partition } = write;
    return (
      outcome !== 'ok' ||
      completeNs === null ||
      completeNs < invokeNs ||
      this.#writes.get(key)!.length > 1 ||
      !(this.#reads.get(key) ?? []).every(
        (read) =>
          read.partition === partition &&
          read.offset === offset &&
          (read.timeNs <= 0 || read.timeNs >= invokeNs),
      )
    );
  }

  /** When it was sent; -Infinity where no write says so. */
  calledNs({ worker, seq, integrity }: Read): number {
    if (integrity !== 'valid') return -Infinity;
    return Math.max(
      ...(this.#writes.get(keyOf(worker, seq)) ?? []).map(({ invokeNs }) => invokeNs),
      -Infinity,
    );
  }
}

function push<Item>(lists: Map<string, Item[]>, key: string, item: Item): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** The readers of a partition, and what each of them had to be given. */
class Readers {
  readonly #claims = new Map<number, { from: number; end: number }[]>();
  readonly highest = new Set<number>();

  constructor(examination: Examination, partition: number, reads: readonly Read[]) {
    const highest = new Map<number, number>();
    for (const { scan, offset } of reads) highest.set(scan, Math.max(offset, highest.get(scan) ?? -1));
    for (const offset of highest.values()) this.highest.add(offset);
    for (const { scan, partition: of, from, end } of eventsOf(examination.run.events, 'scan'))
      if (of === partition) this.#claims.set(scan, [...(this.#claims.get(scan) ?? []), { from, end }]);
    // One that is still reading may leave out anything.
    for (const scan of highest.keys())
      if (!this.#claims.has(scan)) this.#claims.set(scan, [{ from: 0, end: Infinity }]);
  }

  /** Whether the deciding scan and every other reader that went past was given this one value, once, and no other reader. */
  gave({ offset, writes, reads }: Place, deciding: number): boolean {
    const [write] = writes;
    const given = new Set<number>();
    for (const { scan, worker, seq, integrity } of reads) {
      if (integrity !== 'valid' || worker !== write!.worker || seq !== write!.seq || given.has(scan))
        return false;
      given.add(scan);
    }
    if (!given.has(deciding)) return false;
    for (const [scan, claims] of this.#claims) {
      const isClaimed = claims.some(({ from, end }) => from <= offset && offset < end);
      if (isClaimed !== given.has(scan)) return false;
    }
    return true;
  }
}

/** Whether a reader was given records out of the order of their offsets or of time. */
function wentBack(reads: readonly Read[]): boolean {
  const last = new Map<number, Read>();
  for (const read of reads) {
    const before = last.get(read.scan);
    if (before !== undefined && (read.offset <= before.offset || read.timeNs < before.timeNs)) return true;
    last.set(read.scan, read);
  }
  return false;
}

function highestWrite(places: readonly Place[]): number[] {
  const last = places.findLast(({ writes }) => writes.length > 0);
  return last === undefined ? [] : [last.offset];
}

/** What shows that the clock did not run forwards, and what may show it later. */
function clockWitnesses(writes: readonly Write[]): Write[] {
  const kept: Write[] = [];
  let latest: Write | null = null;
  for (const write of writes) {
    const { completeNs } = write;
    if (completeNs === null) continue;
    if (latest !== null && completeNs < latest.completeNs! - SLACK_NS) kept.push(latest, write);
    if (latest === null || completeNs > latest.completeNs!) latest = write;
  }
  if (latest !== null) kept.push(latest);
  return kept;
}

/** One write that was begun while a fault was in force. */
function faultWitness({ faults }: Examination, writes: readonly Write[]): Write[] {
  const tested = writes.find(({ invokeNs }) => isUnderFault(faults, invokeNs));
  return tested === undefined ? [] : [tested];
}

/** With acks=1 it matters for what is lost what its leader took later and still has: the highest of each term. */
function survivorsOf(examination: Examination, partition: number, plain: readonly Place[]): Place[] {
  const { contract } = examination.run.info;
  if ((contract.acks !== 1 && !isUnsaid(contract, 'acks')) || contract.clientRetries) return [];
  const blurNs = clockUncertaintyNs(examination.run.events);
  const moments = examination
    .leadershipOf(partition)
    .terms.flatMap(({ fromNs }) => [fromNs, fromNs - blurNs, fromNs + blurNs].flatMap((ns) => [ns, ns + 1]))
    .toSorted((a, b) => a - b);
  const highest = new Map<string, Place>();
  for (const place of plain) {
    const { broker, completeNs, attempts } = place.writes[0]!;
    if (attempts > 1 && !contract.idempotence) continue;
    highest.set(`${broker}/${moments.findLastIndex((ns) => ns <= completeNs!)}`, place);
  }
  return [...highest.values()];
}
