import { counted } from '../../core/words.ts';
import { widthOf } from './axis.ts';
import { shorten, textWidth } from './labels.ts';
import { drawHeading, filled, hatched, HEADING_HEIGHT } from './legend.ts';
import type { LegendEntry } from './legend.ts';
import type { MemberLane, Membership } from './members.ts';
import type { Panel, Picture } from './picture.ts';
import { MARGIN, PLOT_LEFT, PLOT_RIGHT } from './style.ts';
import { box, cross, stroke } from './svg.ts';
import type { Pen } from './svg.ts';

const LANE_HEIGHT = 22;
const OWNING_HEIGHT = 12;
const JOINING_HEIGHT = 4;
const LABEL_SIZE = 11;
/** Texts in one lane. */
const LABELS_MAX = 40;
/** The first of a large group; a note says how many there are beside them. */
const MEMBERS_MAX = 8;

/** A lane per member of the consumer group: when it was there, which partitions it owned, and how its processes ended. */
export function membersPanel(picture: Picture): Panel {
  const lanes = picture.members.slice(0, MEMBERS_MAX);
  if (lanes.length === 0) return { height: 0, draw: () => undefined };
  const others = picture.members.length - lanes.length;
  return {
    height: HEADING_HEIGHT + (lanes.length + Math.sign(others)) * LANE_HEIGHT + 6,
    draw: (pen, top) => {
      drawHeading(pen, top, 'consumer group', legendOf(lanes));
      const topOf = (index: number) => top + HEADING_HEIGHT + index * LANE_HEIGHT;
      for (const [index, lane] of lanes.entries()) drawLane(pen, topOf(index), lane, picture);
      if (others > 0)
        pen.text(MARGIN, topOf(lanes.length) + 15, `and ${counted(others, 'other member')}`, 'legend');
    },
  };
}

function drawLane(pen: Pen, top: number, { member, spans, died }: MemberLane, { axis, run }: Picture): void {
  const middle = top + LANE_HEIGHT / 2;
  pen.path(stroke(MARGIN, top, PLOT_RIGHT, top), 'lane-line');
  pen.text(MARGIN, middle + 4, shorten(`member ${member}`, 12.5, PLOT_LEFT - MARGIN - 6), 'lane-name');
  const seen = spans.filter(({ toNs }) => toNs > axis.fromNs);
  const bars = (state: Membership, height: number) =>
    seen
      .filter((span) => span.state === state)
      .map((span) => box(axis.x(span.fromNs), middle - height / 2, widthOf(axis, span), height))
      .join('');
  pen.path(bars('joining', JOINING_HEIGHT), 'up');
  pen.path(bars('owning', OWNING_HEIGHT), 'owning');
  pen.path(bars('paused', OWNING_HEIGHT), 'paused');
  pen.path(bars('paused', OWNING_HEIGHT), 'paused-hatch');
  // Each assignment begins with a cut, also one of the same partitions.
  const owning = seen.filter(({ state }) => state === 'owning');
  const cuts = owning.map(({ fromNs }) => axis.x(fromNs));
  pen.path(cuts.map((x) => stroke(x, middle - 6, x, middle + 6)).join(''), 'epoch-cut');
  const times = died.filter((timeNs) => timeNs >= axis.fromNs);
  const radius = times.length > LABELS_MAX / 4 ? 2.5 : 4;
  pen.path(times.map((timeNs) => cross(axis.x(timeNs), middle, radius)).join(''), 'dead-mark');
  // With one partition there is nothing to say.
  if (run.info.partitions < 2) return;
  for (const span of owning.slice(0, LABELS_MAX)) {
    const text = span.partitions.join(', ');
    if (textWidth(text, LABEL_SIZE) + 10 > widthOf(axis, span)) continue;
    pen.text(Math.max(axis.x(span.fromNs), PLOT_LEFT) + 5, middle + 4, text, 'on-bar');
  }
}

/** Only what occurs in this picture. */
function legendOf(lanes: readonly MemberLane[]): LegendEntry[] {
  const has = (state: Membership) => lanes.some(({ spans }) => spans.some((span) => span.state === state));
  const entries: LegendEntry[] = [];
  if (has('owning')) entries.push(filled('owns the partitions named', 'owning'));
  if (has('joining')) entries.push(filled('owns none', 'up', {}, JOINING_HEIGHT));
  if (has('paused')) entries.push(hatched('stopped', 'paused'));
  if (lanes.some(({ died }) => died.length > 0))
    entries.push({ text: 'dead', swatch: (pen, x, y) => pen.path(cross(x + 8, y + 5, 4), 'dead-mark') });
  return entries;
}
