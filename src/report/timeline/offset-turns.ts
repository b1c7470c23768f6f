import { grouped } from '../../core/words.ts';
import type { LogEvent } from '../../history/event.ts';
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

interface Fall {
  node: string;
  id: number | null;
  /** When, as x; and the offset that the log was cut back to. */
  x: number;
  to: number;
  text: string;
}

/** An arrow from the last offset that a broker had acknowledged down to where its log was cut. */
function drawFalls(plot: OffsetPlot, losses: readonly Loss[]): Note[] {
  const { pen, picture, series, y, room } = plot;
  const notes: Note[] = [];
  const cuts = cutsInLogs(plot);
  for (const { id, x, to, text } of [...cuts, ...impliedCuts(plot, losses, cuts)].slice(0, FALLS_MAX)) {
    const own = series.find(({ broker }) => broker === id)?.runs.flat() ?? [];
    const before = own.findLast((column) => column.x <= x + 1);
    const bottom = y(to);
    // A follower that never led has no line to fall from; its cut is a log line, not a picture.
    if (before === undefined || before.high >= bottom - 3) continue;
    const colour = picture.colourOf(id);
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

/** Truncations that brokers told of in their own logs. */
function cutsInLogs({ picture: { run, axis, focusPartition } }: OffsetPlot): Fall[] {
  return run.events
    .filter((event): event is LogEvent => event.type === 'log' && event.truncatedTo !== undefined)
    .filter(({ partition = 0 }) => partition === focusPartition)
    .map(({ node, timeNs, truncatedTo: to = 0 }) => ({
      node,
      id: run.info.nodes.find(({ name }) => name === node)?.id ?? null,
      x: axis.x(timeNs),
      to,
      text: `${node} cuts its log back to ${grouped(to)}`,
    }));
}

/** Where no log tells when, a truncated loss still proves that its leader's log fell back below it. */
function impliedCuts({ series }: OffsetPlot, losses: readonly Loss[], told: readonly Fall[]): Fall[] {
  const implied: Fall[] = [];
  for (const { finding, left, right } of losses) {
    const { leader, offsets, loss } = finding;
    if (leader === undefined || offsets === undefined || loss !== 'truncated') continue;
    if (told.some((cut) => cut.node === leader.node && cut.x >= left && cut.to <= offsets[1])) continue;
    if (!series.some(({ broker }) => broker === leader.id)) continue;
    const text = `the log falls back to ${grouped(offsets[0])}`;
    implied.push({ node: leader.node, id: leader.id, x: right + 3, to: offsets[0], text });
  }
  return implied;
}

/** A diamond where an epoch began, told once by whoever knows it. */
function drawStarts({ pen, picture, y }: OffsetPlot): Note[] {
  const { run, axis, focusPartition, colourOf, nameOf } = picture;
  const seen = new Set<string>();
  const notes: Note[] = [];
  for (const view of run.events) {
    if (view.type !== 'view' || view.partition !== focusPartition || view.startOffset === undefined) continue;
    const key = `${view.leader}/${view.epoch}`;
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
