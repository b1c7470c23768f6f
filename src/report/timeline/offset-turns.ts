import { grouped } from '../../core/words.ts';
import { eventsOf } from '../../history/events-of.ts';
import { fallsOf } from './falls.ts';
import type { Loss } from './offset-losses.ts';
import { note } from './offset-plot.ts';
import type { OffsetPlot } from './offset-plot.ts';
import type { Point } from './labels.ts';
import { px, stroke } from './svg.ts';

const FALLS_MAX = 40;
const STARTS_MAX = 400;
const NOTES_MAX = 10;

interface Note {
  text: string;
  anchor: Point;
  colour: string;
}

/** The turns of a log: where a broker cut its own back, and where a new leader's epoch began. */
export function drawTurns(plot: OffsetPlot, losses: readonly Loss[]): void {
  const notes = [...drawFalls(plot, losses), ...drawStarts(plot)];
  for (const { text, anchor, colour } of notes.slice(0, NOTES_MAX)) note(plot, text, anchor, colour);
}

/** An arrow from the last offset that a broker had acknowledged down to where its log was cut. */
function drawFalls(plot: OffsetPlot, losses: readonly Loss[]): Note[] {
  const { pen, picture, series, ends, y, room } = plot;
  const { run, axis, focusPartition, aggregate } = picture;
  const notes: Note[] = [];
  const falls = fallsOf({
    events: run.events,
    ends,
    nodes: run.info.nodes,
    partition: focusPartition,
    findings: losses.map(({ finding }) => finding),
    acked: aggregate.acked,
    bucketNs: aggregate.bucketNs,
    acksAll: run.info.contract.acks === 'all',
  });
  for (const { id, timeNs, to, text } of falls.slice(0, FALLS_MAX)) {
    const x = axis.x(timeNs);
    const own = series.find(({ broker }) => broker === id)?.runs.flat() ?? [];
    const before = own.findLast((column) => column.x <= x + 1);
    const bottom = y(to);
    const colour = picture.colourOf(id);
    if (before === undefined) {
      // A follower that never led has no line to fall from; it matters where it had what is lost.
      if (!losses.some(({ finding }) => timeNs >= finding.timeNs![0] && to <= finding.offsets![1])) continue;
      pen.path(`M${px(x - 5)},${px(bottom - 9)}h10l-5,9Z`, 'start', { fill: colour, stroke: '#fff' });
      notes.push({ text, anchor: { x, y: bottom - 9 }, colour });
      continue;
    }
    if (before.high >= bottom - 3) continue;
    if (before.x < x - 6) {
      const level = `M${px(before.x)},${px(before.high)}H${px(x)}`;
      pen.path(level, 'fall', { stroke: colour, 'stroke-dasharray': '2 4' });
    }
    const head = `M${px(x - 5)},${px(bottom - 8)}L${px(x)},${px(bottom)}L${px(x + 5)},${px(bottom - 8)}`;
    pen.path(stroke(x, before.high, x, bottom) + head, 'fall', { stroke: colour });
    room.mark({ x: x - 4, y: before.high, width: 8, height: bottom - before.high }, 6);
    notes.push({ text, anchor: { x, y: (before.high + 2 * bottom) / 3 }, colour });
  }
  return notes;
}

/** A diamond where an epoch began, told once by the one that knows it. */
function drawStarts({ pen, picture, y }: OffsetPlot): Note[] {
  const { run, axis, focusPartition, colourOf, nameOf } = picture;
  const seen = new Set<string>();
  const notes: Note[] = [];
  for (const view of eventsOf(run.events, 'view')) {
    if (view.partition !== focusPartition || view.startOffset === undefined) continue;
    // After a loss of power a leader may begin once more in the same epoch, with less.
    const key = `${view.leader}/${view.epoch}/${view.startOffset}`;
    if (view.leader < 0 || seen.has(key) || seen.size === STARTS_MAX) continue;
    seen.add(key);
    if (view.timeNs < axis.fromNs) continue;
    const [x, top] = [axis.x(view.timeNs), y(view.startOffset)];
    const colour = colourOf(view.leader);
    pen.path(`M${px(x)},${px(top - 6)}l6,6l-6,6l-6,-6Z`, 'start', { fill: colour, stroke: '#fff' });
    const epoch = view.epoch === null ? '' : `, epoch ${view.epoch},`;
    const text = `${nameOf(view.leader)}${epoch} leads from ${grouped(view.startOffset)}`;
    notes.push({ text, anchor: { x, y: top }, colour });
  }
  return notes;
}
