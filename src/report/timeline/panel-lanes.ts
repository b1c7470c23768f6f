import { seconds } from '../../core/words.ts';
import type { NodeEvent } from '../../history/event.ts';
import type { Lane } from './lanes.ts';
import type { LeaderSpan } from './leading.ts';
import type { Span } from './spans.ts';
import type { Panel, Picture } from './picture.ts';
import { type TimeAxis, widthOf } from './axis.ts';
import { drawHeading, filled, hatched, HEADING_HEIGHT } from './legend.ts';
import type { LegendEntry } from './legend.ts';
import { shorten, textWidth } from './labels.ts';
import { MARGIN, MUTED, PLOT_LEFT, PLOT_RIGHT } from './style.ts';
import { box, cross, roundBox, stroke } from './svg.ts';
import type { Pen } from './svg.ts';

const LANE_HEIGHT = 36;
const LEADER_HEIGHT = 16;
const UP_HEIGHT = 6;
const LABEL_SIZE = 11;
/** Texts in one lane; a run of hours with a thousand elections needs no more to be understood. */
const LABELS_MAX = 40;

/** A lane per node: what became of its process and its links, and when it held itself for the leader. */
export function lanesPanel(picture: Picture): Panel {
  return {
    height: HEADING_HEIGHT + picture.lanes.length * LANE_HEIGHT + 6,
    draw: (pen, top) => {
      drawHeading(pen, top, 'nodes', legendOf(picture));
      for (const [index, lane] of picture.lanes.entries()) {
        drawLane(pen, top + HEADING_HEIGHT + index * LANE_HEIGHT, lane, picture);
      }
    },
  };
}

function drawLane(pen: Pen, top: number, lane: Lane, { axis, colourOf }: Picture): void {
  const colour = colourOf(lane.node.id);
  const isBroker = lane.node.roles.includes('broker');
  const middle = top + LANE_HEIGHT / 2;
  pen.path(stroke(MARGIN, top, PLOT_RIGHT, top), 'lane-line');
  if (isBroker) pen.path(roundBox(MARGIN, middle - 6, 5, 12, 2), 'swatch', { fill: colour });
  const nameX = MARGIN + (isBroker ? 11 : 0);
  const role = isBroker ? '' : lane.node.roles.join(', ');
  const twoLines = role !== '' && role !== lane.node.name;
  pen.text(
    nameX,
    middle + (twoLines ? -1 : 4),
    shorten(lane.node.name, 12.5, PLOT_LEFT - nameX - 6),
    'lane-name',
  );
  if (twoLines) pen.text(nameX, middle + 11, role, 'lane-role');

  drawProcess(pen, middle, lane, axis);
  drawLeading(pen, middle, lane, axis, colour);
  const strip = (spans: readonly Span<unknown>[], y: number, height: number) =>
    spans.map((span) => box(axis.x(span.fromNs), y, widthOf(axis, span), height)).join('');
  pen.path(strip(lane.inSync, middle + 11, 2.5), 'in-sync', { fill: colour });
  pen.path(strip(lane.controlling, middle - 13.5, 2), 'controlling');
  const frames = (spans: readonly Span<unknown>[]) =>
    spans.map((span) => roundBox(axis.x(span.fromNs), middle - 10.5, widthOf(axis, span), 21, 4)).join('');
  pen.path(frames(lane.impaired), 'impaired');
  pen.path(frames(lane.cutOff), 'cut-off');
}

/** Up is a thin bar, a paused process a hatched one, and a dead one leaves a dotted gap that begins with a cross. */
function drawProcess(pen: Pen, middle: number, lane: Lane, axis: TimeAxis): void {
  const bars = (state: NodeEvent['state'], height: number) =>
    lane.process
      .filter((span) => span.state === state && span.toNs > axis.fromNs)
      .map((span) => box(axis.x(span.fromNs), middle - height / 2, widthOf(axis, span), height))
      .join('');
  pen.path(bars('up', UP_HEIGHT), 'up');
  pen.path(bars('starting', UP_HEIGHT), 'starting');
  pen.path(bars('paused', LEADER_HEIGHT), 'paused');
  const dead = lane.process.filter((span) => span.state === 'down' && span.toNs > axis.fromNs);
  pen.path(
    dead.map((span) => stroke(axis.x(span.fromNs), middle, axis.x(span.toNs), middle)).join(''),
    'dead',
  );
  const radius = dead.length > LABELS_MAX / 2 ? 3 : 5;
  pen.path(dead.map((span) => cross(crossX(axis, span), middle, radius)).join(''), 'dead-mark');
  for (const span of dead.slice(0, LABELS_MAX)) {
    const room = widthOf(axis, span) - 18;
    const why = [span.detail, 'dead'].find(
      (text) => text !== undefined && textWidth(text, LABEL_SIZE) <= room,
    );
    if (why !== undefined) pen.text(crossX(axis, span) + 10, middle - 3, why, 'beside');
  }
}

/** The cross of a short life's end stays inside the picture. */
const crossX = (axis: TimeAxis, span: Span<unknown>) => Math.min(axis.x(span.fromNs) + 1, PLOT_RIGHT - 6);

function drawLeading(pen: Pen, middle: number, lane: Lane, axis: TimeAxis, colour: string): void {
  const bar = (span: Span<unknown>) =>
    box(axis.x(span.fromNs), middle - LEADER_HEIGHT / 2, widthOf(axis, span), LEADER_HEIGHT);
  const leading = lane.leading.filter((span) => span.toNs > axis.fromNs);
  const paused = lane.process.filter((span) => span.state === 'paused' && span.toNs > axis.fromNs);
  pen.path(leading.map(bar).join(''), 'leader', { fill: colour });
  // A new epoch of the same leader begins with a cut.
  const cuts = leading.slice(1).map((span) => axis.x(span.fromNs));
  pen.path(cuts.map((x) => stroke(x, middle - 8, x, middle + 8)).join(''), 'epoch-cut');
  pen.path(zombies(leading).map(bar).join(''), 'zombie-hatch');
  pen.path(paused.map(bar).join(''), 'paused-hatch');
  for (const span of leading.slice(0, LABELS_MAX)) drawLeaderText(pen, middle, span, axis, colour);
}

function drawLeaderText(pen: Pen, middle: number, span: LeaderSpan, axis: TimeAxis, colour: string): void {
  const leads = span.epoch === null ? 'leader' : `leader, epoch ${span.epoch}`;
  const zombieNs = span.zombieFromNs ?? span.toNs;
  for (const [text, fromNs, toNs] of [
    [leads, span.fromNs, zombieNs],
    [`still leads: a zombie for ${seconds(span.toNs - zombieNs)}`, zombieNs, span.toNs],
  ] as const) {
    const from = axis.x(fromNs);
    const room = axis.x(toNs) - from - 10;
    const fitting = [text, text.split(' for ')[0]!, text.split(/[,:]/)[0]!].find(
      (candidate) => textWidth(candidate, LABEL_SIZE) <= room,
    );
    if (fitting === undefined) continue;
    // White text on white hatching needs the bar's own colour behind it.
    const behind = box(from + 2, middle - 7, textWidth(fitting, LABEL_SIZE) + 6, 14);
    if (fromNs === zombieNs) pen.path(behind, 'leader', { fill: colour });
    pen.text(from + 5, middle + 4, fitting, 'on-bar');
  }
}

const zombies = (leading: readonly LeaderSpan[]): Span<true>[] =>
  leading.flatMap((span) => (span.zombieFromNs === null ? [] : [{ ...span, fromNs: span.zombieFromNs }]));

/** Only what occurs in this picture. */
function legendOf({ lanes, run, focusPartition }: Picture): LegendEntry[] {
  const has = (state: NodeEvent['state']) =>
    lanes.some((lane) => lane.process.some((span) => span.state === state));
  const some = (spansOf: (lane: Lane) => readonly unknown[]) =>
    lanes.some((lane) => spansOf(lane).length > 0);
  const of = run.info.partitions > 1 ? ` of partition ${focusPartition}` : '';
  const tint = { fill: MUTED };
  const entries: LegendEntry[] = [];
  if (some((lane) => lane.leading)) entries.push(filled(`leader${of}, by its own account`, 'leader', tint));
  if (some((lane) => zombies(lane.leading))) {
    entries.push({
      text: 'after another took over',
      swatch: (pen, x, y) => {
        pen.path(box(x, y, 16, 10), 'leader', tint);
        pen.path(box(x, y, 16, 10), 'zombie-hatch');
      },
    });
  }
  entries.push(filled('up', 'up', {}, 6));
  if (some((lane) => lane.inSync)) entries.push(filled('in sync', 'in-sync', tint, 2.5));
  if (some((lane) => lane.controlling)) entries.push(filled('active controller', 'controlling', {}, 2));
  if (some((lane) => lane.cutOff)) {
    entries.push({
      text: 'cut off',
      swatch: (pen, x, y) => pen.path(roundBox(x, y - 1, 16, 12, 3), 'cut-off'),
    });
  }
  if (some((lane) => lane.impaired)) {
    entries.push({
      text: 'loses or delays packets',
      swatch: (pen, x, y) => pen.path(roundBox(x, y - 1, 16, 12, 3), 'impaired'),
    });
  }
  if (has('paused')) entries.push(hatched('paused', 'paused'));
  if (has('down')) {
    entries.push({ text: 'dead', swatch: (pen, x, y) => pen.path(cross(x + 8, y + 5, 5), 'dead-mark') });
  }
  return entries;
}
