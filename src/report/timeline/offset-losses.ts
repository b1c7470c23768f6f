import { findingHeadline } from '../../checker/findings/finding-words.ts';
import { describeLeader, isLoss, timeRange } from '../text/phrases.ts';
import type { Finding } from '../../checker/result.ts';
import { textWidth } from './labels.ts';
import { pointTo } from './offset-plot.ts';
import type { OffsetPlot } from './offset-plot.ts';
import { areaPath, bandPath } from './series.ts';
import { ring } from './svg.ts';

const REGIONS_MAX = 60;
const LABELS_MAX = 4;
/** How many raster cells of what is drawn the label of a loss may cover: more than others, it is what matters. */
const COVER_MAX = 40;
/** A loss that is smaller than this in both directions, in px, gets a ring around it. */
const RINGED_BELOW = 16;

export interface Loss {
  finding: Finding;
  left: number;
  right: number;
  /** y of the first lost offset; the larger number. */
  low: number;
  high: number;
}

/** The losses of the plot's partition, the largest first. */
export function lossesOf({ picture, y }: OffsetPlot): Loss[] {
  const losses: Loss[] = [];
  for (const finding of picture.result.findings) {
    if (!isLoss(finding.kind) || finding.partition !== picture.focusPartition) continue;
    if (finding.offsets === undefined || finding.timeNs === undefined) continue;
    losses.push({
      finding,
      left: picture.axis.x(finding.timeNs[0]),
      right: picture.axis.x(finding.timeNs[1]),
      low: y(finding.offsets[0]),
      high: y(finding.offsets[1]),
    });
  }
  return losses.toSorted((a, b) => b.finding.count - a.finding.count);
}

/** Hatched under the climbing line of lost offsets, down to the first lost one; and a red edge along that line. */
export function drawLostRegions({ pen, lostRuns, room }: OffsetPlot, losses: readonly Loss[]): void {
  let regions = '';
  let rings = '';
  for (const { left, right, low, high } of losses.slice(0, REGIONS_MAX)) {
    const inside = lostRuns
      .map((run) =>
        run.filter(({ x, high: y }) => x >= left - 1 && x <= right + 1 && y <= low + 1 && y >= high - 1),
      )
      .filter((run) => run.length > 0);
    regions += areaPath(inside, low);
    const [width, height] = [right - left, low - high];
    if (width >= RINGED_BELOW || height >= RINGED_BELOW) continue;
    const [x, y, radius] = [
      (left + right) / 2,
      (low + high) / 2,
      Math.max(9, Math.hypot(width, height) / 2 + 5),
    ];
    rings += ring(x, y, radius);
    room.mark({ x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius }, 6);
  }
  pen.path(regions, 'lost-region');
  pen.path(bandPath(lostRuns), 'lost-line');
  pen.path(rings, 'lost-ring');
}

/** How many were lost, and who had acknowledged them when. */
export function labelLosses(plot: OffsetPlot, losses: readonly Loss[]): void {
  for (const { finding, left, right, low, high } of losses.slice(0, LABELS_MAX)) {
    const by = finding.leader === undefined ? '' : ` by ${describeLeader(finding.leader)}`;
    const when = finding.timeNs === undefined ? '' : ` ${timeRange(finding.timeNs)}`;
    const headline = findingHeadline(finding.kind, finding.count);
    const detail = `acknowledged${by}${when}`;
    const width = Math.max(textWidth(headline, 16), textWidth(detail, 12.2));
    const anchor = { x: 0.35 * left + 0.65 * right, y: 0.6 * low + 0.4 * high };
    const area = plot.room.place(width, 36, anchor, COVER_MAX);
    if (area === null) continue;
    pointTo(plot, area, anchor);
    plot.pen.text(area.x, area.y + 16, headline, 'lost-note');
    plot.pen.text(area.x, area.y + 31, detail, 'lost-detail');
  }
}
