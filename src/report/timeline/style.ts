import type { NodeInfo } from '../../history/run.ts';
import type { Outcome } from '../../history/write.ts';
import type { Verdict } from '../../checker/result.ts';
import type { Hatching } from './svg.ts';

/** How the picture looks: sizes in px, colours, and the style sheet. Red means loss, and nothing else is red. */

export const WIDTH = 1200;
export const MARGIN = 24;
/** The time axis lies between these two x. */
export const PLOT_LEFT = 118;
export const PLOT_RIGHT = WIDTH - MARGIN;

export const LOST = '#cf1f36';
/** Behind the line of a broker's acknowledgements, as with a marker pen: who acknowledged must stay visible. */
const LOST_TINT = '#f08b98';
export const INK = '#1f2933';
export const MUTED = '#616e7c';

export const VERDICT_COLOURS: Record<Verdict, string> = {
  valid: '#1f7a4d',
  invalid: LOST,
  inconclusive: '#8a6100',
};

export const OUTCOME_COLOURS: Record<Outcome, string> = {
  ok: '#63b58a',
  sent: '#7cc4cf',
  fail: '#b6bfc8',
  info: '#f0c04a',
};

/**
 * None of them red or green. The first three, blue, orange and a dark purple, differ in lightness too, so that three
 * brokers and the red of losses stay apart for the usual kinds of colour blindness; test/report/colours.test.ts measures it.
 */
export const BROKER_COLOURS = [
  '#2f8fd8',
  '#c98200',
  '#4b1f6f',
  '#0e8a94',
  '#8c5a3c',
  '#c05a9b',
  '#5b6b8c',
  '#a38a00',
];

/** Each broker keeps one colour throughout the picture, by its place in the list of nodes; others are grey. */
export function brokerColours(nodes: readonly NodeInfo[]): (id: number | null) => string {
  const ids = nodes.filter((node) => node.roles.includes('broker')).map((node) => node.id);
  return (id) => {
    const place = ids.indexOf(id);
    return place < 0 || id === null ? MUTED : BROKER_COLOURS[place % BROKER_COLOURS.length]!;
  };
}

/** The hatchings: of lost regions, of paused processes, and over the bars of zombie leaders. */
export const HATCHINGS: readonly Hatching[] = [
  { id: 'lost', colour: LOST, gap: 6, width: 2.4, angle: 45 },
  { id: 'paused', colour: '#8a6100', gap: 5, width: 3, angle: -45 },
  { id: 'zombie', colour: '#ffffff', gap: 7, width: 3, angle: 45 },
];

export const STYLE = `
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:${INK}}
.paper{fill:#fff}
.title{font-size:22px;font-weight:700}
.setting{font-size:12.5px;fill:${MUTED}}
.badge-text{font-size:14px;font-weight:700;fill:#fff;letter-spacing:.5px}
.verdict{font-size:14px;font-weight:600}
.story{font-size:13px}
.heading{font-size:12.5px;font-weight:700}
.legend{font-size:11.5px;fill:${MUTED}}
.tick{font-size:11px;fill:${MUTED}}
.lane-name{font-size:12.5px;font-weight:600}
.lane-role{font-size:10px;fill:${MUTED}}
.on-bar{font-size:11px;fill:#fff;font-weight:600}
.beside{font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}
.note{font-size:12px;font-weight:600;paint-order:stroke;stroke:#fff;stroke-width:3.5px;stroke-linejoin:round}
.lost-note{font-size:15px;font-weight:700;fill:${LOST};paint-order:stroke;stroke:#fff;stroke-width:4px;stroke-linejoin:round}
.lost-detail{font-size:11.5px;font-weight:600;fill:${LOST};paint-order:stroke;stroke:#fff;stroke-width:3.5px;stroke-linejoin:round}
.grid{stroke:#e4e7eb;stroke-width:1;fill:none}
.frame{stroke:#9aa5b1;stroke-width:1;fill:none}
.phase{fill:#e9edf1}
.phase-other{fill:#d5dce3}
.phase-text{font-size:11px;fill:#3e4c59}
.fault{fill:#3e4c59}
.fault-band{fill:#3e4c59;fill-opacity:.075}
.fault-edge{stroke:#3e4c59;stroke-opacity:.55;stroke-width:1;stroke-dasharray:3 3;fill:none}
.lane-line{stroke:#e4e7eb;fill:none}
.epoch-cut{stroke:#fff;stroke-width:1.2;fill:none}
.up{fill:#c3ccd5}
.starting{fill:#e1e6eb}
.owning{fill:#5b6b8c}
.dead{stroke:${INK};stroke-width:1.2;stroke-dasharray:1 4;fill:none}
.dead-mark{stroke:${INK};stroke-width:2.4;fill:none}
.paused{fill:#f6dfa4}
.paused-hatch{fill:url(#paused)}
.zombie-hatch{fill:url(#zombie);fill-opacity:.75}
.cut-off{fill:none;stroke:${INK};stroke-width:1.4;stroke-dasharray:5 3}
.impaired{fill:none;stroke:${INK};stroke-width:1.2;stroke-dasharray:1 3}
.controlling{fill:${INK}}
.lost-bar{fill:${LOST}}
.lost-region{fill:url(#lost);fill-opacity:.42}
.lost-line{stroke:${LOST_TINT};stroke-width:9;fill:${LOST_TINT};stroke-linejoin:round;stroke-linecap:round}
.lost-ring{stroke:${LOST};stroke-width:2;fill:none}
.acked{stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.end-seen{stroke:${INK};stroke-width:2.6;stroke-linecap:round;fill:none}
.committed{stroke:#5b6b8c;stroke-width:1.6;fill:none;stroke-dasharray:2 3}
.end-final{stroke:${INK};stroke-width:1.3;stroke-dasharray:7 4;fill:none}
.fall{stroke-width:2.2;fill:none;stroke-linejoin:round}
.pointer{stroke:${MUTED};stroke-width:.8;fill:none}
`;
