import { textWidth } from './labels.ts';
import { MARGIN, PLOT_RIGHT } from './style.ts';
import { box } from './svg.ts';
import type { Attributes, Pen } from './svg.ts';

/** An entry of a panel's legend: how it looks in a 16 x 10 px swatch, and what it means. */
export interface LegendEntry {
  text: string;
  swatch(pen: Pen, x: number, y: number): void;
}

/** Height of a panel's heading with the legend on the same line. */
export const HEADING_HEIGHT = 24;

const SWATCH_PX = 16;

/** A filled swatch, of the given height, in the style of a class or of attributes. */
export function filled(
  text: string,
  className: string,
  attributes: Attributes = {},
  heightPx = 10,
): LegendEntry {
  return {
    text,
    swatch: (pen, x, y) =>
      pen.path(box(x, y + (10 - heightPx) / 2, SWATCH_PX, heightPx), className, attributes),
  };
}

/** A swatch filled in the style of a class, and hatched in that of `CLASS-hatch`. */
export function hatched(text: string, className: string): LegendEntry {
  return {
    text,
    swatch: (pen, x, y) => {
      const area = box(x, y, SWATCH_PX, 10);
      pen.path(area, className);
      pen.path(area, `${className}-hatch`);
    },
  };
}

/** The panel's name on the left and its legend on the right; entries that find no room are left out. */
export function drawHeading(pen: Pen, top: number, heading: string, entries: readonly LegendEntry[]): void {
  pen.text(MARGIN, top + 15, heading, 'heading');
  const room = PLOT_RIGHT - MARGIN - textWidth(heading, 13) - 30;
  const widths = entries.map((entry) => SWATCH_PX + 5 + textWidth(entry.text, 11.5) + 10);
  let shown = entries.length;
  while (shown > 0 && widths.slice(0, shown).reduce((sum, width) => sum + width, 0) > room) shown--;
  let x = PLOT_RIGHT - widths.slice(0, shown).reduce((sum, width) => sum + width, 0) + 10;
  for (const [index, entry] of entries.slice(0, shown).entries()) {
    entry.swatch(pen, x, top + 6);
    pen.text(x + SWATCH_PX + 5, top + 15, entry.text, 'legend');
    x += widths[index]!;
  }
}
