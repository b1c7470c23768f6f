import { grouped } from '../../core/words.ts';
import type { Panel, Picture } from './picture.ts';
import { drawHeading, filled, HEADING_HEIGHT } from './legend.ts';
import type { LegendEntry } from './legend.ts';
import { INK, MARGIN, PLOT_LEFT, PLOT_RIGHT } from './style.ts';
import { drawLostRegions, labelLosses, lossesOf } from './offset-losses.ts';
import { note, offsetPlot, PLOT_HEIGHT } from './offset-plot.ts';
import type { OffsetPlot } from './offset-plot.ts';
import { drawTurns } from './offset-turns.ts';
import { bandPath, dotsPath } from './series.ts';
import type { Column } from './series.ts';
import { px, stroke } from './svg.ts';

const EMPTY_HEIGHT = 40;
/** A line whose points are at least so many px apart shows each of them as a dot. */
const DOTTED_FROM_PX = 5;

/**
 * Which offset was acknowledged when, and by whom. A zombie and its successor show as two lines that climb over the
 * same offsets; a truncation shows as a fall; what was lost is hatched in red.
 */
export function offsetsPanel(picture: Picture): Panel {
  if (picture.aggregate.acked.size === 0) return emptyPanel(picture);
  return {
    height: HEADING_HEIGHT + PLOT_HEIGHT + 6,
    draw: (pen, top) => {
      const { focusPartition, run } = picture;
      const of =
        run.info.partitions > 1 ? ` of partition ${focusPartition} (one of ${run.info.partitions})` : '';
      const plot = offsetPlot(pen, top + HEADING_HEIGHT, picture);
      const losses = lossesOf(plot);
      drawHeading(pen, top, `acknowledged offsets${of}`, legendOf(plot));
      drawGrid(plot);
      drawLostRegions(plot, losses);
      drawSeries(plot);
      drawCommitted(plot);
      drawEnds(plot);
      labelLosses(plot, losses);
      drawTurns(plot, losses);
    },
  };
}

function emptyPanel({ run }: Picture): Panel {
  const why =
    run.info.contract.acks === 0
      ? 'none: with acks=0 no broker ever tells an offset'
      : 'none: nothing was acknowledged';
  return {
    height: EMPTY_HEIGHT,
    draw: (pen, top) => {
      pen.text(MARGIN, top + 15, 'acknowledged offsets', 'heading');
      pen.text(MARGIN + 170, top + 15, why, 'legend');
    },
  };
}

function legendOf({ picture, series, lostRuns, ends, committed }: OffsetPlot): LegendEntry[] {
  const entries = series.map(({ broker }, index) => {
    const colour = picture.colourOf(broker);
    // Where there is much to explain the word stands once.
    const word = index > 0 && committed.length > 0 ? '' : 'acknowledged ';
    const text = broker < 0 ? 'acknowledged' : `${word}by ${picture.nameOf(broker)}`;
    return filled(text, 'acked', { fill: colour, stroke: colour }, 2);
  });
  if (lostRuns.length > 0) entries.push(filled('lost', 'lost-region'));
  if (ends.length > 0) {
    entries.push({
      text: 'end offset, as told',
      swatch: (pen, x, y) => pen.path(dotsPath([{ x: x + 8, y: y + 5 }]), 'end-seen'),
    });
  }
  if (committed.length > 0) {
    entries.push({
      text: 'committed by the group',
      swatch: (pen, x, y) => pen.path(stroke(x, y + 5, x + 16, y + 5), 'committed'),
    });
  }
  return entries;
}

function drawGrid({ pen, ticks, y, bottom }: OffsetPlot): void {
  pen.path(ticks.map((tick) => stroke(PLOT_LEFT, y(tick), PLOT_RIGHT, y(tick))).join(''), 'grid');
  for (const tick of ticks) {
    pen.text(PLOT_LEFT - 6, y(tick) + 4, grouped(tick), 'tick', { 'text-anchor': 'end' });
  }
  pen.path(stroke(PLOT_LEFT, bottom, PLOT_RIGHT, bottom), 'frame');
}

function drawSeries({ pen, picture, series, room }: OffsetPlot): void {
  for (const { broker, runs } of series) {
    const colour = picture.colourOf(broker);
    pen.path(bandPath(runs), 'acked', { stroke: colour, fill: colour });
    const points = runs.flat();
    const width = points.at(-1)!.x - points[0]!.x;
    if (width >= DOTTED_FROM_PX * (points.length - 1)) {
      const dots = dotsPath(points.map(({ x, high }) => ({ x, y: high })));
      pen.path(dots, 'end-seen', { style: `stroke:${colour};stroke-width:5px` });
    }
    for (const run of runs) occupy(room, run);
  }
}

/** In steps, as positions are committed: what was told last holds until another one is. */
function drawCommitted({ pen, picture, committed, y }: OffsetPlot): void {
  const steps = committed.map(({ timeNs, offset }, index) => {
    const x = px(picture.axis.x(timeNs));
    return index === 0 ? `M${x},${px(y(offset))}` : `H${x}V${px(y(offset))}`;
  });
  pen.path(steps.join(''), 'committed');
}

/** Keeps labels off a line: every piece of it, as a box from one column to the next. */
function occupy(room: OffsetPlot['room'], run: readonly Column[]): void {
  for (const [index, column] of run.entries()) {
    const next = run[index + 1] ?? column;
    const y = Math.min(column.high, next.high);
    const height = Math.max(column.low, next.low) - y;
    room.mark({ x: column.x, y: y - 2, width: next.x - column.x, height: height + 4 }, 4);
  }
}

/** The ends that brokers told, as dots; and the end in the end, as a line through the whole picture. */
function drawEnds(plot: OffsetPlot): void {
  const { pen, picture, ends, finalEnd, y, room } = plot;
  // To whole pixels, so that brokers asked ten times a second for hours leave no more dots than fit the panel.
  const points = ends.map(({ completeNs, offset }) => ({
    x: Math.round(picture.axis.x(completeNs)),
    y: Math.round(y(offset)),
  }));
  pen.path(dotsPath(points), 'end-seen');
  if (finalEnd === null) return;
  const level = y(finalEnd);
  pen.path(stroke(PLOT_LEFT, level, PLOT_RIGHT, level), 'end-final');
  room.mark({ x: PLOT_LEFT, y: level - 1, width: PLOT_RIGHT - PLOT_LEFT, height: 2 }, 1);
  note(plot, `end of the log after the run: ${grouped(finalEnd)}`, { x: PLOT_RIGHT - 60, y: level - 3 }, INK);
}
