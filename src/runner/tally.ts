import type { Clock } from '../core/clock.ts';
import type { Event, PhaseName } from '../history/event.ts';
import type { Recorder } from '../history/recorder/recorder.ts';
import type { Write } from '../history/write.ts';
import { UnreturnedAcks } from './unreturned-acks.ts';
import { Liveness } from './liveness.ts';
import type { Progress } from './progress.ts';

/** What a run knows of itself while it goes on: everything passes through here on its way into the history. */
export interface Tally {
  /** By partition: the highest offset that was acknowledged, -1 for none. */
  readonly acknowledged: readonly number[];
  readonly unreturned: UnreturnedAcks;
  readonly event: (event: Event) => void;
  readonly write: (write: Write) => void;
  enter(phase: PhaseName): void;
  /** Changes what is shown, and shows it. */
  show(change: Partial<Progress>): void;
  /** Counts records that were read back. */
  read(count: number): void;
  readonly liveness: Liveness;
}

export function tally(options: {
  recorder: Recorder;
  clock: Clock;
  partitions: number;
  onProgress: (progress: Readonly<Progress>) => void;
}): Tally {
  const { recorder, clock } = options;
  const acknowledged = new Array<number>(options.partitions).fill(-1);
  const unreturned = new UnreturnedAcks(options.partitions);
  const liveness = new Liveness();
  const progress: Progress = {
    phase: 'setup',
    elapsedNs: 0,
    ok: 0,
    sent: 0,
    fail: 0,
    info: 0,
    read: 0,
    faults: [],
    view: null,
  };
  const show = (change: Partial<Progress>) => {
    Object.assign(progress, change, { elapsedNs: clock.nowNs() });
    options.onProgress(progress);
  };
  return {
    acknowledged,
    unreturned,
    liveness,
    show,
    event: (event) => recorder.event(event),
    read: (count) => show({ read: progress.read + count }),
    enter(name) {
      recorder.event({ type: 'phase', timeNs: clock.nowNs(), name });
      show({ phase: name });
    },
    write(write) {
      recorder.write(write);
      progress[write.outcome]++;
      liveness.write(write);
      if (write.outcome !== 'ok') return;
      unreturned.acknowledged(write);
      if (write.offset !== null) {
        acknowledged[write.partition] = Math.max(acknowledged[write.partition]!, write.offset);
      }
    },
  };
}
