import type { Clock } from '../core/clock.ts';
import type { Db, View } from '../db/db.ts';
import type { Event } from '../history/event.ts';

/** How often every broker is asked who leads. */
const SAMPLE_MS = 200;

/**
 * Samples every broker's own view of the cluster and records what changes. A zombie's claim to be leader stands in
 * the history beside the claims of those who replaced it.
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
  const known = new Map<string, string>();
  const changed = (key: string, value: string) => {
    if (known.get(key) === value) return false;
    known.set(key, value);
    return true;
  };
  while (!signal.aborted) {
    const view = await db.view();
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
