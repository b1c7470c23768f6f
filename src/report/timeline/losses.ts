import type { Anomaly } from '../../checker/findings/grouping.ts';
import { isLoss } from '../text/phrases.ts';
import type { Focus } from '../figures/survey.ts';
import { type Envelope, openEnvelope, TimeGrid, widenEnvelope } from '../figures/grid.ts';

/**
 * What was lost, as far as a picture must know it: told record by record while the checker finds it out, so that
 * nobody has to look at all writes once more. Memory is constant.
 */
export class Losses {
  readonly grid = new TimeGrid();
  /** Per bucket of the grid, by the time of their acknowledgement (acks=0: when they were sent). */
  readonly lost = this.grid.column('sum');
  readonly #partitions = new Map<number, { count: number; offsets: Envelope }>();

  add({ kind, partition, offset, timeNs }: Pick<Anomaly, 'kind' | 'partition' | 'offset' | 'timeNs'>): void {
    if (!isLoss(kind)) return;
    const bucket = this.grid.bucketOf(timeNs);
    this.lost[bucket]!++;
    let known = this.#partitions.get(partition);
    if (known === undefined) {
      if (this.#partitions.size === PARTITIONS_MAX) return;
      known = { count: 0, offsets: openEnvelope(this.grid) };
      this.#partitions.set(partition, known);
    }
    known.count++;
    if (offset >= 0) widenEnvelope(known.offsets, bucket, offset);
  }

  /** The partition that lost most, of the first ones that lost anything; 0 when nothing is lost. */
  get worstPartition(): number {
    let worst = 0;
    let most = 0;
    for (const [partition, { count }] of this.#partitions) {
      if (count < most || (count === most && partition > worst)) continue;
      [worst, most] = [partition, count];
    }
    return worst;
  }

  /** What a survey of the writes must look at, so that a picture can be drawn. */
  get focus(): Focus {
    return { partition: this.worstPartition, bucketNs: this.grid.widthNs };
  }

  /** The acknowledged offsets of what a partition lost, per bucket of the grid. */
  offsetsOf(partition: number): Envelope {
    return this.#partitions.get(partition)?.offsets ?? openEnvelope(this.grid);
  }
}

/** One of them is drawn. */
const PARTITIONS_MAX = 64;
