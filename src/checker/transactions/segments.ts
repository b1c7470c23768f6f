import type { ScanEvent } from '../../history/event.ts';
import { int64At, type Run } from '../../history/run.ts';
import { INTEGRITIES } from '../../history/write.ts';
import { PagedColumn } from '../columns/paged.ts';
import { ValueTable } from '../columns/values.ts';

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
  readonly #fates: number[] = [COMMITTED, COMMITTED];
  readonly #partitions: number[] = [-1, -1];
  readonly #producerIds: number[] = [-1, -1];
  readonly #chains: number[] = [-1, -1];
  #chainCount = 0;
  readonly #firstOffsets: number[] = [-1, -1];
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
        if (log?.scan !== batch.scan[row]) continue;
        log!.markers.push({
          offset: int64At(batch.offset, row),
          producerId: int64At(batch.producerId, row),
          fate: batch.kind[row] === 1 ? COMMITTED : ABORTED,
        });
      }
    }
    for (const log of logs.values()) log.markers.sort((a, b) => a.offset - b.offset);
    this.#readRecords(run, logs);
    for (const log of logs.values()) this.#pass(log, Infinity);
  }

  /** How many there are; their numbers are 2 and up. */
  get count(): number {
    return this.#fates.length - FIRST;
  }

  fateOf(segment: number): number {
    return this.#fates[segment]!;
  }

  partitionOf(segment: number): number {
    return this.#partitions[segment]!;
  }

  producerIdOf(segment: number): number {
    return this.#producerIds[segment]!;
  }

  /** A number for its producer id in its partition: the segments of one chain follow each other as their transactions did. */
  chainOf(segment: number): number {
    return this.#chains[segment]!;
  }

  get chainCount(): number {
    return this.#chainCount;
  }

  firstOffsetOf(segment: number): number {
    return this.#firstOffsets[segment]!;
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
    const id = this.#values.idOf(worker, seq);
    if (id < 0) return 0;
    return this.#copies.size > 0 && this.#copies.has(id) ? -1 : this.#segments.get(id);
  }

  #readRecords(run: Pick<Run, 'reads'>, logs: ReadonlyMap<number, LogWalk>): void {
    let log: LogWalk | undefined;
    for (const batch of run.reads()) {
      const { partition, scan, integrity, worker } = batch;
      for (let row = 0; row < batch.length; row++) {
        if (log?.partition !== partition[row]) log = logs.get(partition[row]!);
        if (log === undefined || scan[row] !== log.scan) continue;
        const offset = int64At(batch.offset, row);
        if (offset <= log.lastOffset) this.unordered.add(log.partition);
        log.lastOffset = offset;
        if (log.nextMarkerAt < offset) this.#pass(log, offset);
        if (integrity[row] !== VALID) continue;
        const seq = int64At(batch.seq, row);
        const producerId = batch.producerId === undefined ? -1 : int64At(batch.producerId, row);
        const segment = producerId < 0 ? OUTSIDE : this.#segmentAt(log, producerId, offset);
        if (producerId >= 0 && batch.epoch !== undefined)
          this.#noteEpoch(log, { offset, worker: worker[row]!, seq, producerId, epoch: batch.epoch[row]! });
        const id = this.#values.add(worker[row]!, seq);
        if (this.#segments.get(id) === 0) this.#segments.set(id, segment);
        else this.#copies.set(id, [...(this.#copies.get(id) ?? []), segment]);
      }
    }
  }

  /** The open segment of a producer, or a new one. */
  #segmentAt(log: LogWalk, producerId: number, offset: number): number {
    if (producerId !== log.producerId) {
      log.producerId = producerId;
      const known = log.producers.get(producerId);
      log.producer = known ?? { segment: 0, epoch: -1, chain: this.#chainCount++ };
      if (known === undefined) log.producers.set(producerId, log.producer);
    }
    if (log.producer.segment === 0) {
      log.producer.segment = this.#fates.push(OPEN) - 1;
      this.#partitions.push(log.partition);
      this.#producerIds.push(producerId);
      this.#chains.push(log.producer.chain);
      this.#firstOffsets.push(offset);
    }
    return log.producer.segment;
  }

  #noteEpoch(log: LogWalk, record: Omit<LateRecord, 'partition' | 'laterEpoch'>): void {
    const { producer, partition } = log;
    if (record.epoch < producer.epoch)
      this.lateRecords.push({ ...record, partition, laterEpoch: producer.epoch });
    else producer.epoch = record.epoch;
  }

  /** Past the markers below an offset. */
  #pass(log: LogWalk, offset: number): void {
    for (; log.nextMarkerAt < offset; log.next++) {
      const { producerId, fate } = log.markers[log.next]!;
      const producer = log.producers.get(producerId);
      // A marker without records before it ends nothing here: its transaction wrote to other partitions.
      if (producer === undefined || producer.segment === 0) continue;
      this.#fates[producer.segment] = fate;
      producer.segment = 0;
    }
  }
}

interface Marker {
  offset: number;
  producerId: number;
  fate: number;
}

/** A producer in one partition: its open segment, 0 if there is none, and its highest epoch so far. */
interface OpenProducer {
  segment: number;
  epoch: number;
  chain: number;
}

/** On the way through the log of one partition. */
class LogWalk {
  readonly partition: number;
  readonly scan: number;
  readonly markers: Marker[] = [];
  readonly producers = new Map<number, OpenProducer>();
  /** The producer of the record before, which is nearly always that of the next one. */
  producerId = -1;
  producer: OpenProducer = { segment: 0, epoch: -1, chain: -1 };
  next = 0;
  lastOffset = -1;

  constructor(partition: number, scan: number) {
    this.partition = partition;
    this.scan = scan;
  }

  get nextMarkerAt(): number {
    return this.markers[this.next]?.offset ?? Infinity;
  }
}
