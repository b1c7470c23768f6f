import { int64At, type WriteBatch } from '../../history/run.ts';
import { type Outcome, OUTCOMES } from '../../history/write.ts';
import { type Envelope, openEnvelope, TimeGrid, widenEnvelope } from './grid.ts';

/** What the picture needs of the writes, in constant memory. Arrays have a value per bucket of the grid. */
export interface WritesOverTime {
  /** Width of a bucket in ns; bucket i covers [i, i+1) times that since the run began. */
  bucketNs: number;
  /** Writes per bucket by the time their outcome became known, of all partitions. */
  outcomes: Record<Outcome, Float64Array>;
  /** Acknowledged offsets in the focus partition by the id of the acknowledging broker; -1: not known. */
  acked: ReadonlyMap<number, Envelope>;
  /** First invocation and last completion; null when there is no write. */
  timeNs: [first: number, last: number] | null;
}

const OK = OUTCOMES.indexOf('ok');

/**
 * Gathers what the picture needs: `visit` wants every batch of a run's writes once. Writes that never completed count
 * as unknown at the time of their invocation.
 */
export class Aggregator {
  readonly #grid = new TimeGrid();
  readonly #outcomes = {
    ok: this.#grid.column('sum'),
    sent: this.#grid.column('sum'),
    fail: this.#grid.column('sum'),
    info: this.#grid.column('sum'),
  };
  readonly #byCode = OUTCOMES.map((outcome) => this.#outcomes[outcome]);
  readonly #only: number | null;
  /** By partition; those with large numbers apart. */
  readonly #near: (AckedOffsets | undefined)[] = [];
  readonly #far = new Map<number, AckedOffsets>();
  #envelopes = 0;
  #firstNs = Infinity;
  #lastNs = -Infinity;

  /**
   * @param only the partition whose offsets are wanted. When it is not known yet, those of all are gathered, as long
   * as there are few.
   */
  constructor(only: number | null = null) {
    this.#only = only;
  }

  visit(batch: WriteBatch): void {
    const grid = this.#grid;
    const byCode = this.#byCode;
    const near = this.#near;
    const { length, invokeNs: invoked, completeNs: completed, outcome, partition, offset, broker } = batch;
    let [firstNs, lastNs] = [this.#firstNs, this.#lastNs];
    // Answers come in the order of time, so nearly all fall into the bucket of the one before.
    let [bucket, fromNs, toNs] = [0, Infinity, -Infinity];
    let acknowledged = 0;
    for (let row = 0; row < length; row++) {
      const invokeNs = int64At(invoked, row);
      const completeNs = int64At(completed, row);
      const timeNs = completeNs < 0 ? invokeNs : completeNs;
      if (invokeNs < firstNs) firstNs = invokeNs;
      if (timeNs > lastNs) lastNs = timeNs;
      if (timeNs < fromNs || timeNs >= toNs) {
        byCode[OK]![bucket]! += acknowledged;
        acknowledged = 0;
        bucket = grid.bucketOf(timeNs);
        fromNs = bucket === 0 ? -Infinity : bucket * grid.widthNs;
        toNs = (bucket + 1) * grid.widthNs;
      }
      const code = outcome[row]!;
      if (code !== OK) {
        byCode[code]![bucket]!++;
        continue;
      }
      acknowledged++;
      const acked = int64At(offset, row);
      if (acked >= 0)
        (near[partition[row]!] ?? this.#offsetsOf(partition[row]!)).see(broker[row]!, bucket, acked);
    }
    byCode[OK]![bucket]! += acknowledged;
    [this.#firstNs, this.#lastNs] = [firstNs, lastNs];
  }

  /**
   * Null when this partition's offsets were not gathered.
   * @param bucketNs the width of a bucket of another grid: it fits into this one's, or is one.
   */
  total(focusPartition: number, bucketNs: number): WritesOverTime | null {
    const offsets = this.#near[focusPartition] ?? this.#far.get(focusPartition);
    if (offsets?.isWhole === false) return null;
    this.#grid.widenTo(bucketNs);
    return {
      bucketNs: this.#grid.widthNs,
      outcomes: this.#outcomes,
      acked: offsets?.byBroker ?? new Map<number, Envelope>(),
      timeNs: this.#lastNs < 0 ? null : [this.#firstNs, this.#lastNs],
    };
  }

  #offsetsOf(partition: number): AckedOffsets {
    const known = this.#far.get(partition);
    if (known !== undefined) return known;
    const isWanted = this.#only === null || this.#only === partition;
    const offsets = new AckedOffsets(() => (isWanted ? this.#openEnvelope() : null));
    if (partition >= 0 && partition < NEAR_PARTITIONS) this.#near[partition] = offsets;
    else this.#far.set(partition, offsets);
    return offsets;
  }

  #openEnvelope(): Envelope | null {
    if (this.#only === null && this.#envelopes === ENVELOPES_MAX) return null;
    this.#envelopes++;
    return openEnvelope(this.#grid);
  }
}

/** What was acknowledged in one partition, by the id of the broker. */
class AckedOffsets {
  readonly byBroker = new Map<number, Envelope>();
  /** False when there was no room for some broker. */
  isWhole = true;
  readonly #open: () => Envelope | null;
  #recentBroker = NaN;
  #recent: Envelope | null = null;

  constructor(open: () => Envelope | null) {
    this.#open = open;
  }

  see(broker: number, bucket: number, offset: number): void {
    if (broker !== this.#recentBroker) {
      this.#recentBroker = broker;
      this.#recent = this.#envelopeOf(broker);
    }
    if (this.#recent !== null) widenEnvelope(this.#recent, bucket, offset);
  }

  #envelopeOf(broker: number): Envelope | null {
    const known = this.byBroker.get(broker);
    if (known !== undefined || !this.isWhole) return known ?? null;
    const opened = this.#open();
    if (opened === null) this.isWhole = false;
    else this.byBroker.set(broker, opened);
    return opened;
  }
}

/** Together they take four megabytes. */
const ENVELOPES_MAX = 64;
const NEAR_PARTITIONS = 65_536;
