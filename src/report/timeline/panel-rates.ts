import { grouped } from '../../core/words.ts';
import { scaleLinear } from 'd3-scale';
import { NS_PER_SECOND } from '../../core/clock.ts';
import type { Aggregate } from './aggregate.ts';
import type { Panel, Picture } from './picture.ts';
import { drawHeading, filled, HEADING_HEIGHT } from './legend.ts';
import { OUTCOME_COLOURS, PLOT_LEFT, PLOT_RIGHT } from './style.ts';
import { box, stroke } from './svg.ts';
import type { Pen } from './svg.ts';

const PLOT_HEIGHT = 130;
const BARS_MAX = 260;
/** Bars hold at least so many writes on average, or a slow producer would look like a flickering one. */
const WRITES_PER_BAR = 4;
const SHORTEST_BAR_NS = NS_PER_SECOND / 4;

/** Writes a second by what became of them, stacked; lost ones in red, at the time they were acknowledged. */
export function ratesPanel(picture: Picture): Panel {
  return {
    height: HEADING_HEIGHT + PLOT_HEIGHT + 14,
    draw: (pen, top) => {
      const bars = barsOf(picture.aggregate, picture.axis.toNs - picture.axis.fromNs);
      const shown = LAYERS.filter(({ key }) => bars.layers[key].some((value) => value > 0));
      drawHeading(
        pen,
        top,
        'writes per second',
        shown.map(({ key, text, className, fill }) => {
          const isUnanswered = key === 'lost' && picture.run.info.contract.acks === 0;
          return filled(isUnanswered ? 'sent and missing' : text, className, fill === null ? {} : { fill });
        }),
      );
      drawBars(pen, top + HEADING_HEIGHT, bars, picture, shown);
    },
  };
}

type LayerKey = 'lost' | 'ok' | 'sent' | 'info' | 'fail';

/** From the bottom of a bar to its top. */
const LAYERS: readonly { key: LayerKey; text: string; className: string; fill: string | null }[] = [
  { key: 'lost', text: 'acknowledged, later lost', className: 'lost-bar', fill: null },
  { key: 'ok', text: 'acknowledged', className: 'rate', fill: OUTCOME_COLOURS.ok },
  { key: 'sent', text: 'sent, never answered', className: 'rate', fill: OUTCOME_COLOURS.sent },
  { key: 'info', text: 'unknown', className: 'rate', fill: OUTCOME_COLOURS.info },
  { key: 'fail', text: 'failed', className: 'rate', fill: OUTCOME_COLOURS.fail },
];

interface Bars {
  /** Width of a bar in ns. */
  barNs: number;
  /** Writes a second for each bar, and each layer without the ones below it. */
  layers: Record<LayerKey, Float64Array>;
}

/** Joins buckets to bars that are wide enough to be seen; both widths are powers of two apart, so sums are exact. */
function barsOf(aggregate: Aggregate, spanNs: number): Bars {
  let barNs = aggregate.bucketNs;
  const writes = Object.values(aggregate.outcomes).reduce((sum, column) => sum + sumOf(column), 0);
  const shortestNs = Math.max(
    SHORTEST_BAR_NS,
    Math.min(spanNs / 16, (WRITES_PER_BAR * spanNs) / Math.max(1, writes)),
  );
  while (barNs < shortestNs || spanNs / barNs > BARS_MAX) barNs *= 2;
  const join = (values: Float64Array) => {
    const perBar = barNs / aggregate.bucketNs;
    const joined = new Float64Array(Math.ceil(values.length / perBar));
    for (const [bucket, value] of values.entries()) joined[Math.floor(bucket / perBar)]! += value;
    return joined.map((value) => (value * NS_PER_SECOND) / barNs);
  };
  const { outcomes } = aggregate;
  const [lost, ok, sent] = [join(aggregate.lost), join(outcomes.ok), join(outcomes.sent)];
  // What is lost was acknowledged, or (acks=0) sent: it takes the place of those.
  for (const [bar, value] of lost.entries()) {
    const ofOk = Math.min(ok[bar]!, value);
    ok[bar]! -= ofOk;
    sent[bar] = Math.max(0, sent[bar]! - (value - ofOk));
  }
  return { barNs, layers: { lost, ok, sent, info: join(outcomes.info), fail: join(outcomes.fail) } };
}

function drawBars(
  pen: Pen,
  top: number,
  { barNs, layers }: Bars,
  { axis }: Picture,
  shown: typeof LAYERS,
): void {
  const total = layers.ok.map((_, bar) => LAYERS.reduce((sum, { key }) => sum + layers[key][bar]!, 0));
  const useful = total.map((value, bar) => value - layers.fail[bar]!);
  const highest = maxOf(total);
  // Refused connections fail by the ten thousand a second; they must not flatten everything else.
  const usefulMax = maxOf(useful);
  const limit = usefulMax > 0 && highest > 3 * usefulMax ? 1.6 * usefulMax : highest;
  const scale = scaleLinear([0, limit === 0 ? 1 : 1.08 * limit], [PLOT_HEIGHT, 0]).clamp(true);
  const ticks = highest === 0 ? [0] : scale.ticks(4);
  pen.path(
    ticks.map((tick) => stroke(PLOT_LEFT, top + scale(tick), PLOT_RIGHT, top + scale(tick))).join(''),
    'grid',
  );
  for (const tick of ticks) {
    pen.text(PLOT_LEFT - 6, top + scale(tick) + 4, limit < 4 ? tick.toFixed(1) : grouped(tick), 'tick', {
      'text-anchor': 'end',
    });
  }

  const base = new Float64Array(total.length);
  for (const { key, className, fill } of shown) {
    let d = '';
    for (const [bar, value] of layers[key].entries()) {
      if (value === 0) continue;
      const y = scale(base[bar]! + value);
      const from = axis.x(bar * barNs);
      const width = axis.x((bar + 1) * barNs) - from;
      const height = scale(base[bar]!) - y;
      // A single lost write must be seen even where thousands a second were not.
      const visible = key === 'lost' ? Math.max(2, height) : height;
      if (width > 0 && visible > 0)
        d += box(from, top + y - (visible - height), Math.max(0.8, width - 0.6), visible);
      base[bar]! += value;
    }
    pen.path(d, className, fill === null ? {} : { fill });
  }
  pen.path(stroke(PLOT_LEFT, top + PLOT_HEIGHT, PLOT_RIGHT, top + PLOT_HEIGHT), 'frame');
  if (limit < highest) {
    pen.text(
      PLOT_RIGHT - 4,
      top + 12,
      `failed: up to ${grouped(maxOf(layers.fail))} a second, cut off here`,
      'note',
      {
        'text-anchor': 'end',
      },
    );
  }
}

function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function maxOf(values: Float64Array): number {
  return values.reduce((max, value) => Math.max(max, value), 0);
}
