import type { Anomaly } from '../../checker/findings/grouping.ts';
import type { Result } from '../../checker/result.ts';
import { gravest } from '../text/causes.ts';
import { isLoss } from '../text/phrases.ts';
import type { Focus } from '../figures/survey.ts';
import { type Envelope, openEnvelope, TimeGrid, widenEnvelope } from '../figures/grid.ts';

/**
 * What was lost, as far as a picture must know it: told record by record while the checker finds it out, so that
 * all writes need not be looked at once more. Memory is constant.
 */
export class Losses {
  readonly grid = new TimeGrid();
  /** Per bucket of the grid, by the time of their acknowledgement (acks=0: when they were sent). */
  readonly lost = this.grid.column('sum');
  readonly #partitions = new Map<number, Envelope>();

  add({ kind, partition, offset, timeNs }: Pick<Anomaly, 'kind' | 'partition' | 'offset' | 'timeNs'>): void {
    if (!isLoss(kind)) return;
    const bucket = this.grid.bucketOf(timeNs);
    this.lost[bucket]!++;
    let known = this.#partitions.get(partition);
    if (known === undefined) {
      if (this.#partitions.size === PARTITIONS_MAX) return;
      known = openEnvelope(this.grid);
      this.#partitions.set(partition, known);
    }
    if (offset >= 0) widenEnvelope(known, bucket, offset);
  }

  /** What a survey of the writes must look at, so that a picture can be drawn: the partition that the headline is about. */
  focusFor(result: Pick<Result, 'findings'>): Focus {
    return { partition: gravest(result)?.partition ?? 0, bucketNs: this.grid.widthNs };
  }

  /** The acknowledged offsets of what a partition lost, per bucket of the grid. */
  offsetsOf(partition: number): Envelope {
    return this.#partitions.get(partition) ?? openEnvelope(this.grid);
  }
}

/** One of them is drawn. */
const PARTITIONS_MAX = 64;
