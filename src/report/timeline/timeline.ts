import { notesOf } from '../text/notes.ts';
import { verdictInWords } from '../text/headline.ts';
import { describeSetting } from '../text/phrases.ts';
import type { Run } from '../../history/run.ts';
import { eventsOf, lastEventNs } from '../../history/events-of.ts';
import type { Result } from '../../checker/result.ts';
import { aggregate } from './aggregate.ts';
import type { Aggregate } from './aggregate.ts';
import type { WritesOverTime } from '../figures/writes-over-time.ts';
import { timeAxis } from './axis.ts';
import type { TimeAxis } from './axis.ts';
import { faultSpansOf } from './faults.ts';
import { lanesOf } from './lanes.ts';
import { membersOf } from './members.ts';
import { brokerColours, HATCHINGS, MARGIN, PLOT_LEFT, PLOT_RIGHT, STYLE, WIDTH } from './style.ts';
import { shorten } from './labels.ts';
import type { Losses } from './losses.ts';
import { faultsPanel } from './panel-faults.ts';
import { headerPanel } from './panel-header.ts';
import { lanesPanel } from './panel-lanes.ts';
import { membersPanel } from './panel-members.ts';
import { offsetsPanel } from './panel-offsets.ts';
import { ratesPanel } from './panel-rates.ts';
import type { Picture } from './picture.ts';
import { box, openSheet, stroke } from './svg.ts';
import type { Pen } from './svg.ts';

const TICKS_TOP = 18;
const TICKS_BOTTOM = 44;
const EDGES_MAX = 40;

/**
 * A run as one picture that explains itself: an SVG document, well-formed XML, a few hundred kilobytes at most for
 * a run of any length, and the same bytes for the same history. Constant memory.
 * @param losses what the checker told while it decided.
 * @param overTime the writes, with the offsets of the partition that `losses.focusFor` names, in buckets as wide as those of `losses`.
 */
export async function renderTimeline(
  run: Run,
  result: Result,
  losses: Losses,
  overTime: WritesOverTime,
): Promise<string> {
  const picture = pictureOf(run, result, losses, overTime);
  const header = headerPanel(picture);
  const panels = [faultsPanel, lanesPanel, membersPanel, ratesPanel, offsetsPanel].map((of) => of(picture));
  const plotTop = header.height + TICKS_TOP;
  const plotBottom = plotTop + panels.reduce((sum, panel) => sum + panel.height, 0);
  const footnote = shorten(notesOf(run).join(' '), 11, PLOT_RIGHT - MARGIN);
  const height = Math.ceil(plotBottom + TICKS_BOTTOM + (footnote === '' ? 0 : 18));

  const sheet = openSheet(WIDTH, height, {
    style: STYLE,
    hatchings: HATCHINGS,
    title: `${run.info.scenario.title}: ${result.verdict}`,
    description: [describeSetting(run.info), verdictInWords(result), ...result.reasons].join(' '),
  });
  sheet.path(box(0, 0, WIDTH, height), 'paper');
  header.draw(sheet.group('header'), 0);
  drawBackdrop(sheet.group('backdrop'), picture, plotTop, plotBottom);
  let top = plotTop;
  for (const panel of panels) {
    panel.draw(sheet.group('panel'), top);
    top += panel.height;
  }
  if (footnote !== '') sheet.text(MARGIN, height - 14, footnote, 'tick');
  return sheet.toXml();
}

function pictureOf(run: Run, result: Result, losses: Losses, overTime: WritesOverTime): Picture {
  const { partition: focusPartition } = losses.focusFor(result);
  const aggregated = aggregate(overTime, focusPartition, losses);
  const axis = axisOf(run, aggregated);
  return {
    run,
    result,
    axis,
    aggregate: aggregated,
    faults: faultSpansOf(run.events),
    lanes: lanesOf(run.info, run.events, focusPartition, axis.toNs),
    members: membersOf(run.events, axis.toNs),
    focusPartition,
    colourOf: brokerColours(run.info.nodes),
    nameOf: (id) => run.info.nodes.find((node) => node.id === id)?.name ?? `broker ${id}`,
  };
}

/** From the start of the load to the end of the run: how long a cluster took to start does not matter here. */
function axisOf(run: Run, { timeNs }: Aggregate): TimeAxis {
  const loadStart = eventsOf(run.events, 'phase').find(({ name }) => name !== 'setup');
  const startNs = loadStart?.timeNs ?? timeNs?.[0] ?? 0;
  const fromNs = Math.min(startNs, timeNs?.[0] ?? startNs);
  const toNs = Math.max(lastEventNs(run), timeNs?.[1] ?? 0);
  // A little room on the right, so that what happens last is not drawn on the edge.
  return timeAxis(fromNs, toNs + 0.01 * (toNs - fromNs));
}

/** Behind all panels: a line for every tick, and the faults as faint bands from the first panel to the axis. */
function drawBackdrop(pen: Pen, { axis, faults }: Picture, top: number, bottom: number): void {
  pen.path(
    axis.ticks.map(({ timeNs }) => stroke(axis.x(timeNs), top, axis.x(timeNs), bottom)).join(''),
    'grid',
  );
  const bands = faults.map(({ fromNs, toNs }) => ({ from: axis.x(fromNs), to: axis.x(toNs ?? axis.toNs) }));
  pen.path(
    bands.map(({ from, to }) => box(from, top, Math.max(1, to - from), bottom - top)).join(''),
    'fault-band',
  );
  // Where faults follow each other too closely, their edges would hide everything else.
  if (bands.length <= EDGES_MAX) {
    const edges = bands.map(({ from, to }) => stroke(from, top, from, bottom) + stroke(to, top, to, bottom));
    pen.path(edges.join(''), 'fault-edge');
  }
  for (const { timeNs, text } of axis.ticks) {
    pen.text(axis.x(timeNs), top - 5, text, 'tick', { 'text-anchor': 'middle' });
    pen.text(axis.x(timeNs), bottom + 15, text, 'tick', { 'text-anchor': 'middle' });
  }
  pen.text((PLOT_LEFT + PLOT_RIGHT) / 2, bottom + 33, 'time since the run began', 'tick', {
    'text-anchor': 'middle',
  });
}
