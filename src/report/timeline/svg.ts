import { D3Node } from 'd3-node';
import type { Selection } from 'd3-node';

/**
 * A sheet to draw on, and the only place that knows d3-node. Its own `svgString()` writes HTML, which is not always
 * well-formed XML, so the sheet is serialised as XML instead; and the characters that XML forbids are replaced,
 * because names and error texts come from outside.
 */
export interface Sheet extends Pen {
  /** The whole picture as an XML document. */
  toXml(): string;
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
  const d3n = new D3Node();
  const svg = d3n.createSVG(width, height, { viewBox: `0 0 ${width} ${height}`, role: 'img' });
  svg.append('title').text(clean(options.title));
  svg.append('desc').text(clean(options.description));
  svg.append('style').text(options.style);
  const definitions = svg.append('defs');
  for (const { id, colour, gap, width: strokeWidth, angle } of options.hatchings) {
    definitions
      .append('pattern')
      .attr('id', id)
      .attr('width', gap)
      .attr('height', gap)
      .attr('patternUnits', 'userSpaceOnUse')
      .attr('patternTransform', `rotate(${angle})`)
      .append('path')
      .attr('d', `M0,0V${gap}`)
      .attr('stroke', colour)
      .attr('stroke-width', strokeWidth);
  }
  return {
    ...penOf(svg),
    toXml: () => `<?xml version="1.0" encoding="UTF-8"?>\n${serialise(d3n, svg)}\n`,
  };
}

function serialise(d3n: D3Node, svg: Selection): string {
  return new d3n.window.XMLSerializer().serializeToString(svg.node());
}

function penOf(selection: Selection): Pen {
  return {
    group: (className) => penOf(selection.append('g').attr('class', className)),
    path: (d, className, attributes = {}) => {
      if (d === '') return;
      dress(selection.append('path').attr('class', className).attr('d', d), attributes);
    },
    text: (x, y, content, className, attributes = {}) => {
      const element = selection.append('text').attr('class', className).attr('x', px(x)).attr('y', px(y));
      dress(element, attributes).text(clean(content));
    },
  };
}

function dress(element: Selection, attributes: Attributes): Selection {
  for (const [name, value] of Object.entries(attributes)) {
    element.attr(name, typeof value === 'number' ? px(value) : clean(value));
  }
  return element;
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
