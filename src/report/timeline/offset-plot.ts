import { scaleLinear } from 'd3-scale';
import type { EndEvent } from '../../history/event.ts';
import { endAt } from '../../history/columns/columns.ts';
import { eventsOf } from '../../history/events-of.ts';
import type { Run } from '../../history/run.ts';
import type { Picture } from './picture.ts';
import { FreeRoom, textWidth } from './labels.ts';
import type { Area, Point } from './labels.ts';
import { MUTED, PLOT_LEFT, PLOT_RIGHT } from './style.ts';
import { columnsOf, runsOf } from './series.ts';
import type { Column } from './series.ts';
import { stroke } from './svg.ts';
import type { Pen } from './svg.ts';

/** Where the offsets of one partition lie on the screen, and where there is still room for words about them. */
export interface OffsetPlot {
  readonly pen: Pen;
  readonly picture: Picture;
  readonly top: number;
  readonly bottom: number;
  /** The y of an offset. */
  y(this: void, offset: number): number;
  /** Round offsets for the gridlines. */
  readonly ticks: readonly number[];
  readonly room: FreeRoom;
  /** What each broker acknowledged, in the order of their ids; broker -1: not known which. */
  readonly series: readonly { broker: number; runs: Column[][] }[];
  readonly lostRuns: readonly Column[][];
  /** End offsets as brokers told them. */
  readonly ends: readonly EndEvent[];
  /** What the consumer group had committed, as its coordinator told it. */
  readonly committed: readonly { timeNs: number; offset: number }[];
  /** Of the final scan, or the last one told. Null when none was told. */
  readonly finalEnd: number | null;
}

export const PLOT_HEIGHT = 320;
/** Above the highest offset, for the label of the line at the log's end. */
const HEADROOM = 26;
/** How many raster cells of what is drawn a note may cover. */
const COVER_MAX = 12;

export function offsetPlot(pen: Pen, top: number, picture: Picture): OffsetPlot {
  const { aggregate, axis, focusPartition, run } = picture;
  const ends = endsOf(run, focusPartition);
  const finalScan = eventsOf(run.events, 'scan').findLast(
    ({ final, partition }) => final && partition === focusPartition,
  );
  const finalEnd = finalScan?.end ?? ends.at(-1)?.offset ?? null;
  const bottom = top + PLOT_HEIGHT;
  const scale = scaleLinear(boundsOf(picture, finalEnd), [bottom, top + HEADROOM]).clamp(true);
  const y = (offset: number) => scale(offset);
  return {
    pen,
    picture,
    top,
    bottom,
    y,
    ticks: scale.ticks(6).filter((tick) => Number.isInteger(tick)),
    room: new FreeRoom({ x: PLOT_LEFT, y: top, width: PLOT_RIGHT - PLOT_LEFT, height: PLOT_HEIGHT }),
    series: [...aggregate.acked]
      .toSorted(([a], [b]) => a - b)
      .map(([broker, envelope]) => ({
        broker,
        runs: runsOf(columnsOf(envelope, aggregate.bucketNs, axis, y)),
      })),
    lostRuns: runsOf(columnsOf(aggregate.lostOffsets, aggregate.bucketNs, axis, y)),
    ends,
    committed: committedOf(run, focusPartition),
    finalEnd,
  };
}

function endsOf(run: Run, partition: number): EndEvent[] {
  const ends: EndEvent[] = [];
  for (const batch of run.ends())
    for (let row = 0; row < batch.length; row++)
      if (batch.partition[row] === partition) ends.push(endAt(batch, row));
  return ends;
}

function committedOf(run: Run, partition: number): { timeNs: number; offset: number }[] {
  return eventsOf(run.events, 'offset-fetch')
    .flatMap(({ completeNs: timeNs, offsets }) => {
      const offset = offsets.find((each) => each.partition === partition)?.offset ?? -1;
      return offset < 0 ? [] : [{ timeNs, offset }];
    })
    .toSorted((a, b) => a.timeNs - b.timeNs);
}

/** From the smallest to the largest acknowledged offset; from 0 where that costs little. */
function boundsOf({ aggregate }: Picture, finalEnd: number | null): [number, number] {
  let low = Infinity;
  let high = finalEnd ?? -Infinity;
  for (const { min, max } of aggregate.acked.values()) {
    low = min.reduce((least, value) => Math.min(least, value), low);
    high = max.reduce((most, value) => Math.max(most, value), high);
  }
  if (low < 0.4 * high) low = 0;
  return [low, Math.max(high, low + 1)];
}

/** A note in a colour, as near to its anchor as there is room; left out when there is none. */
export function note(plot: OffsetPlot, text: string, anchor: Point, colour: string): void {
  const area = plot.room.place(textWidth(text, 12.8), 16, anchor, COVER_MAX);
  if (area === null) return;
  pointTo(plot, area, anchor);
  plot.pen.text(area.x, area.y + 12, text, 'note', { style: `fill:${colour}` });
}

/** A thin line from a label to what it speaks of, where they are not next to each other. */
export function pointTo({ pen }: OffsetPlot, area: Area, anchor: Point): void {
  const x = Math.min(Math.max(anchor.x, area.x), area.x + area.width);
  const y = Math.min(Math.max(anchor.y, area.y), area.y + area.height);
  if (Math.hypot(x - anchor.x, y - anchor.y) <= 14) return;
  pen.path(stroke(x, y, anchor.x, anchor.y), 'pointer', { stroke: MUTED });
}
