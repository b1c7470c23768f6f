import type { Run } from '../../history/run.ts';
import type { Result } from '../../checker/result.ts';
import type { Aggregate } from './aggregate.ts';
import type { TimeAxis } from './axis.ts';
import type { FaultSpan } from './faults.ts';
import type { Lane } from './lanes.ts';
import type { MemberLane } from './members.ts';
import type { Pen } from './svg.ts';

/** All that the panels draw from: every series is aggregated, every time has its place on the axis. */
export interface Picture {
  run: Run;
  result: Result;
  axis: TimeAxis;
  aggregate: Aggregate;
  faults: readonly FaultSpan[];
  lanes: readonly Lane[];
  /** None where no consumer group reads. */
  members: readonly MemberLane[];
  /** The partition whose leaders and offsets are shown: the one that lost most. */
  focusPartition: number;
  /** A broker's colour by its id. */
  colourOf(this: void, id: number | null): string;
  /** A node's name by its id, or `broker 7` for one that the run does not know. */
  nameOf(this: void, id: number): string;
}

/** A part of the picture that knows its height before it is drawn. */
export interface Panel {
  height: number;
  draw(pen: Pen, top: number): void;
}
