import { eventsOf } from '../../history/events-of.ts';
import type { Panel, Picture } from './picture.ts';
import type { FaultSpan } from './faults.ts';
import { shorten, textWidth } from './labels.ts';
import { MARGIN, PLOT_LEFT, PLOT_RIGHT } from './style.ts';
import { box, roundBox } from './svg.ts';
import type { Pen } from './svg.ts';

const PHASE_HEIGHT = 16;
const ROW_HEIGHT = 18;
const BAR_HEIGHT = 14;
const ROWS_MAX = 8;
const LABEL_SIZE = 11;
/** Beyond so many faults names stand only inside of bars, and the bars share few rows. */
const NAMED_MAX = 40;
const ROWS_CROWDED = 4;

/** The phases of the run as a strip, and below it the faults as bars with their names. */
export function faultsPanel(picture: Picture): Panel {
  const placed = placeFaults(picture);
  const rows = Math.max(1, ...placed.map((fault) => fault.row + 1));
  return {
    height: PHASE_HEIGHT + 6 + rows * ROW_HEIGHT + 8,
    draw: (pen, top) => {
      drawPhases(pen, top, picture);
      drawFaults(pen, top + PHASE_HEIGHT + 6, placed);
    },
  };
}

function drawPhases(pen: Pen, top: number, { run, axis }: Picture): void {
  pen.text(MARGIN, top + 12, 'phases', 'heading');
  const phases = eventsOf(run.events, 'phase');
  const paths = ['', ''];
  if (phases.length === 0) pen.text(PLOT_LEFT, top + 12, 'not recorded', 'tick');
  const texts: [number, string][] = [];
  for (const [index, phase] of phases.entries()) {
    const from = axis.x(phase.timeNs);
    const to = axis.x(phases[index + 1]?.timeNs ?? axis.toNs);
    if (to - from < 0.5 || phase.name === 'done') continue;
    paths[index % 2] += box(from, top, to - from, PHASE_HEIGHT);
    const text = shorten(phase.name, LABEL_SIZE, to - from - 6);
    if (text !== '') texts.push([(from + to) / 2, text]);
  }
  pen.path(paths[0]!, 'phase');
  pen.path(paths[1]!, 'phase-other');
  for (const [x, text] of texts) pen.text(x, top + 12, text, 'phase-text', { 'text-anchor': 'middle' });
}

interface PlacedFault {
  row: number;
  from: number;
  width: number;
  /** Null when there was no room for it. */
  label: { x: number; text: string; inside: boolean; anchor: 'start' | 'end' } | null;
}

/**
 * Every fault goes into the first row in which its bar and its label collide with nothing. The label stands in the
 * bar, or right of it, or left of it. Where all rows are full the bar goes unnamed into the emptiest one.
 */
function placeFaults({ axis, faults }: Picture): PlacedFault[] {
  const isCrowded = faults.length > NAMED_MAX;
  const rowsMax = isCrowded ? ROWS_CROWDED : ROWS_MAX;
  const rows: { from: number; to: number }[][] = Array.from({ length: rowsMax }, () => []);
  // Faults come in the order of time: what collides is at the end, and nothing does behind the last one.
  const ends = new Array<number>(rowsMax).fill(-Infinity);
  const isFree = (row: number, from: number, to: number) =>
    from >= ends[row]! + 4 ||
    rows[row]!.findLast((taken) => to + 4 > taken.from && from < taken.to + 4) === undefined;
  const take = (row: number, place: { from: number; to: number }) => {
    rows[row]!.push(place);
    ends[row] = Math.max(ends[row]!, place.to);
  };
  return faults.map((fault) => {
    const from = axis.x(fault.fromNs);
    const width = Math.max(2, axis.x(fault.toNs ?? axis.toNs) - from);
    for (const label of labelsFor(fault, from, width)) {
      if (isCrowded && !label.inside) continue;
      for (let row = 0; row < rowsMax; row++) {
        if (!isFree(row, label.from, label.to)) continue;
        take(row, label);
        return { row, from, width, label };
      }
    }
    const row = [...rows.keys()].find((candidate) => isFree(candidate, from, from + width)) ?? rowsMax - 1;
    take(row, { from, to: from + width });
    return { row, from, width, label: null };
  });
}

function labelsFor(fault: FaultSpan, from: number, width: number) {
  const full = textWidth(fault.label, LABEL_SIZE);
  const to = from + width;
  const candidates = [];
  if (full + 10 <= width) {
    candidates.push({ x: from + 5, text: fault.label, inside: true, anchor: 'start' as const, from, to });
  }
  if (to + 5 + full <= PLOT_RIGHT) {
    candidates.push({
      x: to + 5,
      text: fault.label,
      inside: false,
      anchor: 'start' as const,
      from,
      to: to + 5 + full,
    });
  }
  if (from - 5 - full >= PLOT_LEFT) {
    candidates.push({
      x: from - 5,
      text: fault.label,
      inside: false,
      anchor: 'end' as const,
      from: from - 5 - full,
      to,
    });
  }
  const cut = shorten(fault.label, LABEL_SIZE, width - 10);
  if (cut !== '')
    candidates.push({ x: from + 5, text: cut, inside: true, anchor: 'start' as const, from, to });
  return candidates;
}

function drawFaults(pen: Pen, top: number, placed: readonly PlacedFault[]): void {
  pen.text(MARGIN, top + 11, placed.length > NAMED_MAX ? `faults (${placed.length})` : 'faults', 'heading');
  if (placed.length === 0) pen.text(PLOT_LEFT, top + 11, 'none', 'tick');
  pen.path(
    placed
      .map(({ row, from, width }) => roundBox(from, top + row * ROW_HEIGHT, width, BAR_HEIGHT, 3))
      .join(''),
    'fault',
  );
  for (const { row, label } of placed) {
    if (label === null) continue;
    pen.text(label.x, top + row * ROW_HEIGHT + 11, label.text, label.inside ? 'on-bar' : 'beside', {
      'text-anchor': label.anchor,
    });
  }
}
