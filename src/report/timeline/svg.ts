import { drawn } from './drawing-thread.ts';
import type { Element } from './drawing.js';

/**
 * A sheet to draw on. It only notes what is to be drawn: who draws it is the matter of drawing-thread.ts. The characters
 * that XML forbids are replaced, because names and error texts come from outside.
 */
export interface Sheet extends Pen {
  /** The whole picture as an XML document. */
  toXml(): Promise<string>;
}

export type Attributes = Record<string, string | number>;

/** Draws into one element of the sheet. Styles come from classes of the sheet's style sheet. */
export interface Pen {
  group(className: string): Pen;
  /** `d` is a path's data; nothing is drawn for an empty one. One path holds a whole series. */
  path(d: string, className: string, attributes?: Attributes): void;
  /** @param y the baseline. */
  text(x: number, y: number, content: string, className: string, attributes?: Attributes): void;
}

/** A hatching for `fill="url(#id)"`: diagonal strokes over nothing. */
export interface Hatching {
  id: string;
  colour: string;
  /** Distance between two strokes, in px. */
  gap: number;
  /** In px. */
  width: number;
  /** Degrees; 45 rises to the right. */
  angle: number;
}

/** @param options title and description are for readers who cannot see the picture. */
export function openSheet(
  width: number,
  height: number,
  options: { style: string; hatchings: readonly Hatching[]; title: string; description: string },
): Sheet {
  const elements: Element[] = [];
  const root = add(elements, -1, 'svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img' });
  add(elements, root, 'title', {}, clean(options.title));
  add(elements, root, 'desc', {}, clean(options.description));
  add(elements, root, 'style', {}, options.style);
  const definitions = add(elements, root, 'defs', {});
  for (const { id, colour, gap, width: strokeWidth, angle } of options.hatchings) {
    const pattern = add(elements, definitions, 'pattern', {
      id,
      width: gap,
      height: gap,
      patternUnits: 'userSpaceOnUse',
      patternTransform: `rotate(${angle})`,
    });
    add(elements, pattern, 'path', { d: `M0,0V${gap}`, stroke: colour, 'stroke-width': strokeWidth });
  }
  return {
    ...penOf(elements, root),
    toXml: async () => `<?xml version="1.0" encoding="UTF-8"?>\n${await drawn(elements)}\n`,
  };
}

/** @returns the number of the new element. */
function add(
  elements: Element[],
  parent: number,
  name: string,
  attributes: Attributes,
  text: string | null = null,
): number {
  return elements.push({ parent, name, attributes, text }) - 1;
}

function penOf(elements: Element[], parent: number): Pen {
  return {
    group: (className) => penOf(elements, add(elements, parent, 'g', { class: className })),
    path: (d, className, attributes = {}) => {
      if (d !== '') add(elements, parent, 'path', { class: className, d, ...dressed(attributes) });
    },
    text: (x, y, content, className, attributes = {}) => {
      const own = { class: className, x: px(x), y: px(y), ...dressed(attributes) };
      add(elements, parent, 'text', own, clean(content));
    },
  };
}

function dressed(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'number' ? px(value) : clean(value),
    ]),
  );
}

/** Replaces what no XML 1.0 document may hold, escaped or not: most control characters and half surrogates. */
function clean(text: string): string {
  return text.replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
}

/** A coordinate with at most one decimal: a tenth of a pixel is finer than anybody sees. */
export function px(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The path of a rectangle, to be joined with others into one path. */
export function box(x: number, y: number, width: number, height: number): string {
  return `M${px(x)},${px(y)}h${px(width)}v${px(height)}h${px(-width)}Z`;
}

/** As `box`, with round corners. */
export function roundBox(x: number, y: number, width: number, height: number, radius: number): string {
  const r = Math.min(radius, width / 2, height / 2);
  const arc = (dx: number, dy: number) => `a${px(r)},${px(r)} 0 0 1 ${px(dx)},${px(dy)}`;
  const across = `h${px(width - 2 * r)}${arc(r, r)}v${px(height - 2 * r)}${arc(-r, r)}`;
  return `M${px(x + r)},${px(y)}${across}h${px(2 * r - width)}${arc(-r, -r)}v${px(2 * r - height)}${arc(r, -r)}Z`;
}

/** The path of a straight line. */
export function stroke(x1: number, y1: number, x2: number, y2: number): string {
  return `M${px(x1)},${px(y1)}L${px(x2)},${px(y2)}`;
}

/** The path of a circle. */
export function ring(x: number, y: number, radius: number): string {
  const half = (across: number) => `a${px(radius)},${px(radius)} 0 1 1 ${px(across)},0`;
  return `M${px(x - radius)},${px(y)}${half(2 * radius)}${half(-2 * radius)}Z`;
}

/** The path of a ✕ around a point. */
export function cross(x: number, y: number, radius: number): string {
  return (
    stroke(x - radius, y - radius, x + radius, y + radius) +
    stroke(x - radius, y + radius, x + radius, y - radius)
  );
}
