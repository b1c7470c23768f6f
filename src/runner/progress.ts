import type { PhaseName } from '../history/event.ts';
import type { Applied } from '../nemesis/nemesis.ts';
import type { View } from '../db/db.ts';

/** How a run stands at this moment, for the person who watches it. */
export interface Progress {
  phase: PhaseName;
  elapsedNs: number;
  ok: number;
  sent: number;
  fail: number;
  info: number;
  /** Records that the final scan has read so far. */
  read: number;
  faults: readonly Applied[];
  view: View | null;
}
