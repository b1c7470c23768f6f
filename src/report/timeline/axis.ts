import { scaleLinear } from 'd3-scale';
import { utcFormat } from 'd3-time-format';
import { NS_PER_MS, NS_PER_SECOND } from '../../core/clock.ts';
import { PLOT_LEFT, PLOT_RIGHT } from './style.ts';

/** The time axis that all panels share. */
export interface TimeAxis {
  readonly fromNs: number;
  readonly toNs: number;
  /** The x of a time; times outside the picture lie on its edge. */
  x(timeNs: number): number;
  /** Round times with their texts, in ns. */
  readonly ticks: readonly { timeNs: number; text: string }[];
}

const STEPS_S = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400,
  28_800, 86_400,
];

/** A picture shorter than this, in ns, would have ticks that no clock of ours can tell apart. */
const SHORTEST_NS = 50 * NS_PER_MS;

export function timeAxis(fromNs: number, untilNs: number): TimeAxis {
  const toNs = Math.max(untilNs, fromNs + SHORTEST_NS);
  const scale = scaleLinear([fromNs, toNs], [PLOT_LEFT, PLOT_RIGHT]).clamp(true);
  return { fromNs, toNs, x: (timeNs) => scale(timeNs), ticks: ticksOf(fromNs, toNs) };
}

function ticksOf(fromNs: number, toNs: number): TimeAxis['ticks'] {
  const spanS = (toNs - fromNs) / NS_PER_SECOND;
  const stepS = STEPS_S.find((step) => spanS / step <= 16) ?? Math.ceil(spanS / 16 / 86_400) * 86_400;
  const text = tickText(toNs / NS_PER_SECOND, stepS);
  const ticks = [];
  for (let tick = Math.ceil(fromNs / NS_PER_SECOND / stepS); tick * stepS * NS_PER_SECOND <= toNs; tick++) {
    ticks.push({ timeNs: tick * stepS * NS_PER_SECOND, text: text(tick * stepS) });
  }
  return ticks;
}

/** Seconds for short runs, `m:ss` for minutes, `h:mm` for hours. */
function tickText(endS: number, stepS: number): (timeS: number) => string {
  if (endS <= 180) {
    const decimals = stepS >= 1 ? 0 : stepS >= 0.1 ? 1 : 2;
    return (timeS) => `${timeS.toFixed(decimals)} s`;
  }
  const [format, unitS] = stepS < 60 || endS < 3600 ? ([':%S', 60] as const) : ([':%M h', 3600] as const);
  const rest = utcFormat(format);
  return (timeS) => `${Math.floor(timeS / unitS)}${rest(new Date(Math.round(timeS * 1000)))}`;
}

/** How wide a stretch of time is drawn, in px: never so narrow that it cannot be seen. */
export function widthOf(axis: TimeAxis, { fromNs, toNs }: { fromNs: number; toNs: number }): number {
  return Math.max(1.2, axis.x(toNs) - axis.x(fromNs));
}
