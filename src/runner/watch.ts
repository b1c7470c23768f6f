import type { Clock } from '../core/clock.ts';
import type { Reader } from '../client/client.ts';
import type { Db, View } from '../db/db.ts';
import { messageOf } from '../core/failure.ts';
import type { Event } from '../history/event.ts';
import { gapTeller } from '../history/gaps.ts';

/** How often every broker is asked who leads. */
const SAMPLE_MS = 200;

/**
 * Samples every broker's own view of the cluster and records what changes. A zombie's claim to be leader stands in
 * the history beside the claims of those who replaced it. A sample that fails is tried again, and the gap stands in the
 * history: who led then is unknown.
 *
 * @param onView gets each sample, for the status line.
 */
export async function watchViews(options: {
  db: Db;
  clock: Clock;
  record: (event: Event) => void;
  onView: (view: View) => void;
  signal: AbortSignal;
}): Promise<void> {
  const { db, clock, record, signal } = options;
  const gaps = gapTeller({ watch: 'views', clock, record });
  const known = new Map<string, string>();
  const changed = (key: string, value: string) => {
    if (known.get(key) === value) return false;
    known.set(key, value);
    return true;
  };
  while (!signal.aborted) {
    let view: View;
    try {
      view = await db.view();
    } catch (error) {
      gaps.missed(messageOf(error));
      await clock.sleep(SAMPLE_MS, signal);
      continue;
    }
    gaps.observed();
    const timeNs = clock.nowNs();
    for (const [observer, observed] of Object.entries(view.observers)) {
      if (observed === null) continue;
      if (changed(`${observer}/controller`, String(observed.controller))) {
        record({ type: 'controller', timeNs, observer, controller: observed.controller });
      }
      for (const claim of observed.partitions) {
        const { partition, leader, epoch, isr } = claim;
        const sorted = isr.toSorted((a, b) => a - b);
        if (changed(`${observer}/${partition}`, `${leader}/${epoch}/${sorted.join(',')}`)) {
          record({ type: 'view', timeNs, observer, partition, leader, epoch, isr: sorted });
        }
      }
    }
    options.onView(view);
    await clock.sleep(SAMPLE_MS, signal);
  }
}

/** How often the end of every partition is asked for; less often where there are hundreds of them. */
const END_SAMPLE_MS = 1_000;
const END_SAMPLE_MS_PER_PARTITION = 10;

/**
 * Samples the end offsets as a consumer would get them: what falls in this series was there to be read once. An answer
 * that does not come, because there is no leader or it is out of reach, is no sample, and leaves a gap.
 */
export async function watchEnds(options: {
  reader: Reader;
  partitions: number;
  clock: Clock;
  record: (event: Event) => void;
  signal: AbortSignal;
}): Promise<void> {
  const { reader, clock, record, signal } = options;
  const gaps = gapTeller({ watch: 'ends', clock, record });
  const intervalMs = Math.max(END_SAMPLE_MS, options.partitions * END_SAMPLE_MS_PER_PARTITION);
  while (!signal.aborted) {
    const invokeNs = clock.nowNs();
    try {
      const ends = await reader.endOffsets();
      const completeNs = clock.nowNs();
      gaps.observed();
      for (const { partition, end, broker } of ends) {
        record({ type: 'end', partition, offset: end, invokeNs, completeNs, broker });
      }
    } catch (error) {
      // What ended the watch has also closed the reader.
      if (!signal.aborted) gaps.missed(messageOf(error));
    }
    await clock.sleep(intervalMs, signal);
  }
}
