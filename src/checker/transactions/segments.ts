import type { ScanEvent } from '../../history/event.ts';
import { int64At, type Run } from '../../history/run.ts';
import { INTEGRITIES } from '../../history/write.ts';
import { PAGE_KEYS, PagedColumn, SLAB_BITS, SLAB_MASK } from '../columns/paged.ts';
import { ValueTable } from '../columns/values.ts';
import { GrowingNumbers, NarrowNumbers } from './growing-numbers.ts';

/**
 * Segments: the records of one producer id in one partition between two of its markers. The marker behind them says what
 * became of them; those behind which there is none are open. Offsets and markers alone tell this, so no clock is needed, and
 * whatever a client was told plays no part in it.
 */
export const OPEN = 0;
export const COMMITTED = 1;
export const ABORTED = 2;

/** Where a record stands that has no producer id, and so is no part of any transaction. */
export const OUTSIDE = 1;
/** The first number of a segment. */
const FIRST = 2;

const VALID = INTEGRITIES.indexOf('valid');

/** A record of an instance that was fenced: it stands behind one of a later epoch of the same producer id. */
export interface LateRecord {
  partition: number;
  offset: number;
  worker: number;
  seq: number;
  producerId: number;
  epoch: number;
  laterEpoch: number;
}

export class Segments {
  /** By segment: what became of it, and its partition and producer id. */
  readonly #fates = new GrowingNumbers('uint8', [COMMITTED, COMMITTED]);
  readonly #chains = new NarrowNumbers([0, 0]);
  /** By chain: its partition and producer id. */
  readonly #partitions = new GrowingNumbers('uint32');
  readonly #producerIds = new GrowingNumbers('float64');
  /** By chain: its open segment, 0 if there is none, and its highest epoch so far. */
  readonly #open = new GrowingNumbers('uint32');
  readonly #epochs = new GrowingNumbers('float64');
  readonly #values = new ValueTable();
  /** By value: the segment of its first copy. 0: no deciding scan returned it. */
  readonly #segments = new PagedColumn('uint32');
  /** The segments of further copies, of which there are hardly any. */
  readonly #copies = new Map<number, number[]>();
  readonly lateRecords: LateRecord[] = [];
  /** Partitions whose records were not returned upwards, so that it is not known what stands between which markers. */
  readonly unordered = new Set<number>();

  /** @param scans by partition: the scan whose account counts. */
  constructor(run: Pick<Run, 'reads' | 'markers'>, scans: ReadonlyMap<number, ScanEvent>) {
    const logs = new Map<number, LogWalk>();
    for (const [partition, { scan }] of scans) logs.set(partition, new LogWalk(partition, scan));
    for (const batch of run.markers?.() ?? []) {
      for (let row = 0; row < batch.length; row++) {
        const log = logs.get(batch.partition[row]!);
        if (log === undefined || log.scan !== batch.scan[row]) continue;
        const chain = this.#chainOf(log, int64At(batch.producerId, row));
        log.markers.add(int64At(batch.offset, row), 2 * chain + batch.kind[row]!);
      }
    }
    for (const log of logs.values()) log.markers.sort();
    this.#readRecords(run, logs);
    for (const log of logs.values()) this.#pass(log, Infinity);
  }

  /** How many there are; their numbers are 2 and up. */
  get count(): number {
    return this.#fates.length - FIRST;
  }

  fateOf(segment: number): number {
    return this.#fates.values[segment]!;
  }

  partitionOf(segment: number): number {
    return this.#partitions.values[this.chainOf(segment)]!;
  }

  producerIdOf(segment: number): number {
    return this.#producerIds.values[this.chainOf(segment)]!;
  }

  /** A number for its producer id in its partition: the segments of one chain follow each other as their transactions did. */
  chainOf(segment: number): number {
    return this.#chains.at(segment);
  }

  get chainCount(): number {
    return this.#partitions.length;
  }

  /** Where the copies of a value stand; none where no deciding scan returned it. */
  *segmentsOf(worker: number, seq: number): Generator<number> {
    const id = this.#values.idOf(worker, seq);
    const first = id < 0 ? 0 : this.#segments.get(id);
    if (first === 0) return;
    yield first;
    if (this.#copies.size > 0) yield* this.#copies.get(id) ?? [];
  }

  /** The segment of a value of which there is one copy; 0: none was found, -1: ask for each. */
  onlySegmentOf(worker: number, seq: number): number {
    const page = seq < 4294967296 ? this.#values.pageOf(worker, seq >>> 16) : -1;
    const id = page < 0 ? this.#values.idOf(worker, seq) : page * PAGE_KEYS + (seq & 0xffff);
    if (id < 0) return 0;
    return this.#copies.size > 0 && this.#copies.has(id) ? -1 : this.#segments.get(id);
  }

  /** This loop sees every record of a history: where there is a page for the value, nothing is called for it. */
  #readRecords(run: Pick<Run, 'reads'>, logs: ReadonlyMap<number, LogWalk>): void {
    const { places, slabs } = this.#segments;
    let log: LogWalk | undefined;
    for (const batch of run.reads()) {
      const { partition, scan, integrity, worker, seq, producerId, epoch } = batch;
      for (let row = 0; row < batch.length; row++) {
        if (log?.partition !== partition[row]) log = logs.get(partition[row]!);
        if (log === undefined || scan[row] !== log.scan) continue;
        const offset = int64At(batch.offset, row);
        if (offset <= log.lastOffset) this.unordered.add(log.partition);
        log.lastOffset = offset;
        if (log.markers.nextAt < offset) this.#pass(log, offset);
        if (integrity[row] !== VALID) continue;
        const producer = producerId === undefined ? -1 : int64At(producerId, row);
        let segment = OUTSIDE;
        if (producer >= 0) {
          if (producer !== log.producerId) {
            log.producerId = producer;
            log.chain = this.#chainOf(log, producer);
          }
          const { chain } = log;
          segment = this.#open.values[chain]!;
          if (segment === 0) segment = this.#begin(chain);
          const ofRecord = epoch === undefined ? -1 : epoch[row]!;
          if (ofRecord < this.#epochs.values[chain]!) {
            const laterEpoch = this.#epochs.values[chain]!;
            const value = { worker: worker[row]!, seq: int64At(seq, row) };
            this.lateRecords.push({
              partition: log.partition,
              offset,
              ...value,
              producerId: producer,
              epoch: ofRecord,
              laterEpoch,
            });
          } else this.#epochs.values[chain] = ofRecord;
        }
        const low = seq[2 * row]!;
        const page = seq[2 * row + 1] === 0 ? this.#values.pageOf(worker[row]!, low >>> 16) : -1;
        const place = page < 0 ? undefined : places[page];
        const cells = place === undefined ? undefined : slabs[place >>> SLAB_BITS];
        const cell = (place! & SLAB_MASK) + (low & 0xffff);
        if (cells !== undefined && cells[cell] === 0) cells[cell] = segment;
        else this.#place(worker[row]!, int64At(seq, row), segment);
      }
    }
  }

  /** Where there is no page for the value yet, or another copy of it. */
  #place(worker: number, seq: number, segment: number): void {
    const id = this.#values.add(worker, seq);
    if (this.#segments.get(id) === 0) this.#segments.set(id, segment);
    else this.#copies.set(id, [...(this.#copies.get(id) ?? []), segment]);
  }

  #chainOf(log: LogWalk, producerId: number): number {
    const { recentIds, recentChains } = log;
    const slot = producerId & (RECENT_PRODUCERS - 1);
    if (recentIds[slot] === producerId) return recentChains[slot]!;
    recentIds[slot] = producerId;
    return (recentChains[slot] = this.#lookUp(log, producerId));
  }

  #lookUp(log: LogWalk, producerId: number): number {
    let chain = log.chains.get(producerId);
    if (chain === undefined) {
      chain = this.#partitions.push(log.partition);
      this.#producerIds.push(producerId);
      this.#open.push(0);
      this.#epochs.push(-1);
      log.chains.set(producerId, chain);
    }
    return chain;
  }

  #begin(chain: number): number {
    const segment = this.#fates.push(OPEN);
    this.#chains.push(chain);
    this.#open.values[chain] = segment;
    return segment;
  }

  /** Past the markers below an offset. */
  #pass(log: LogWalk, offset: number): void {
    const { markers } = log;
    for (; markers.nextAt < offset; markers.advance()) {
      const code = markers.nextCode;
      const chain = code >>> 1;
      const segment = this.#open.values[chain]!;
      // A marker without records before it ends nothing here: its transaction wrote to other partitions.
      if (segment === 0) continue;
      this.#fates.values[segment] = (code & 1) === 1 ? COMMITTED : ABORTED;
      this.#open.values[chain] = 0;
    }
  }
}

/** The markers of one partition, from the first one on. A code is twice the chain, and 1 more for a commit. */
class Markers {
  /** From the marker before. */
  #steps = new NarrowNumbers();
  #codes = new NarrowNumbers();
  /** All of them, where they did not come upwards. */
  #unsorted: { offset: number; code: number }[] | null = null;
  #last = 0;
  #next = 0;
  /** Infinity behind the last one. */
  nextAt = Infinity;

  add(offset: number, code: number): void {
    const step = offset - this.#last;
    if (this.#unsorted === null && (step < 0 || step > STEP_MAX)) this.#unsorted = this.#all();
    if (this.#unsorted !== null) this.#unsorted.push({ offset, code });
    else {
      this.#steps.push(step);
      this.#codes.push(code);
      this.#last = offset;
    }
  }

  /** To be called when all are there. */
  sort(): void {
    this.#unsorted?.sort((a, b) => a.offset - b.offset);
    this.#last = 0;
    this.#look();
  }

  get nextCode(): number {
    return this.#unsorted === null ? this.#codes.at(this.#next) : this.#unsorted[this.#next]!.code;
  }

  advance(): void {
    this.#next++;
    this.#look();
  }

  #look(): void {
    if (this.#unsorted !== null) this.nextAt = this.#unsorted[this.#next]?.offset ?? Infinity;
    else if (this.#next < this.#steps.length) this.nextAt = this.#last += this.#steps.at(this.#next);
    else this.nextAt = Infinity;
  }

  #all(): { offset: number; code: number }[] {
    let offset = 0;
    return Array.from({ length: this.#steps.length }, (_, at) => ({
      offset: (offset += this.#steps.at(at)),
      code: this.#codes.at(at),
    }));
  }
}

const STEP_MAX = 0xffff_ffff;

/** A power of two. */
const RECENT_PRODUCERS = 64;

/** On the way through the log of one partition. */
class LogWalk {
  readonly partition: number;
  readonly scan: number;
  readonly markers = new Markers();
  /** By producer id. */
  readonly chains = new Map<number, number>();
  /** By the low bits of a producer id: one that was asked for, and its chain. */
  readonly recentIds = new Float64Array(RECENT_PRODUCERS).fill(NaN);
  readonly recentChains = new Uint32Array(RECENT_PRODUCERS);
  /** The producer of the record before, which is nearly always that of the next one. */
  producerId = -1;
  chain = -1;
  lastOffset = -1;

  constructor(partition: number, scan: number) {
    this.partition = partition;
    this.scan = scan;
  }
}

/** Whether a record is one that every reader is to be shown: what is not committed, or stands there twice, may be left out. */
export function shownBy(segments: Segments): (worker: number, seq: number) => boolean {
  return (worker, seq) => {
    const segment = segments.onlySegmentOf(worker, seq);
    return segment === OUTSIDE || (segment > OUTSIDE && segments.fateOf(segment) === COMMITTED);
  };
}
