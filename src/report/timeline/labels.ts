/**
 * Where text goes. Nothing measures fonts here, and the viewer's font is not known: widths are estimated for a
 * wide sans-serif, so that a label that fits by the estimate fits on every screen.
 */

const NARROW = /[ .,:;'’|!ijltfrI()[\]/·-]/;
const WIDE = /[mwMW—…%@]/;
const CAPITAL = /[A-Z0-9=+<>→]/;

/** Estimated width of a text in px. */
export function textWidth(text: string, sizePx: number): number {
  let width = 0;
  for (const character of text) {
    if (NARROW.test(character)) width += 0.4;
    else if (WIDE.test(character)) width += 0.95;
    else if (CAPITAL.test(character)) width += 0.68;
    else width += 0.61;
  }
  return width * sizePx;
}

/** The text, or as much of its beginning as fits, with an ellipsis; empty when not even a few letters do. */
export function shorten(text: string, sizePx: number, widthPx: number): string {
  if (textWidth(text, sizePx) <= widthPx) return text;
  let kept = text.slice(0, Math.max(0, Math.floor(widthPx / (0.4 * sizePx))));
  while (kept.length > 0 && textWidth(`${kept}…`, sizePx) > widthPx) kept = kept.slice(0, -1);
  return kept.trimEnd().length < 3 ? '' : `${kept.trimEnd()}…`;
}

/** Breaks a text at spaces into at most `lines` lines; what does not fit the last one is cut off with an ellipsis. */
export function wrap(text: string, sizePx: number, widthPx: number, lines: number): string[] {
  const broken: string[] = [];
  let rest = text.trim();
  while (rest !== '') {
    if (broken.length === lines - 1 || textWidth(rest, sizePx) <= widthPx) {
      return [...broken, shorten(rest, sizePx, widthPx)];
    }
    let at = 0;
    for (let space = rest.indexOf(' '); space >= 0; space = rest.indexOf(' ', space + 1)) {
      if (textWidth(rest.slice(0, space), sizePx) > widthPx) break;
      at = space;
    }
    // A word that is wider than the line stands alone and is cut.
    if (at === 0) at = rest.includes(' ') ? rest.indexOf(' ') : rest.length;
    broken.push(shorten(rest.slice(0, at), sizePx, widthPx));
    rest = rest.slice(at).trim();
  }
  return broken;
}

const CELL_PX = 6;

/** A coarse raster of what is drawn in a panel, to find room for labels beside the lines instead of on them. */
export class FreeRoom {
  readonly #columns: number;
  readonly #rows: number;
  readonly #taken: Float64Array;
  readonly #area: Area;

  constructor(area: Area) {
    this.#area = area;
    this.#columns = Math.ceil(area.width / CELL_PX);
    this.#rows = Math.ceil(area.height / CELL_PX);
    this.#taken = new Float64Array(this.#columns * this.#rows);
  }

  /** Something is drawn in this box. The larger the weight, the less a label may cover it. */
  mark(box: Area, weight: number): void {
    this.#eachCell(box, (cell) => (this.#taken[cell]! += weight));
  }

  /**
   * The best place for a label of this size: near its anchor, inside the panel, on little that is drawn; and takes
   * it. Null when every place would cover more than `costMax` (another label costs 1000 a cell).
   */
  place(width: number, height: number, anchor: Point, costMax: number): Area | null {
    let best: Area | null = null;
    let bestCost = Infinity;
    const { x: left, y: top, width: across, height: down } = this.#area;
    for (let y = top + 2; y + height <= top + down - 2; y += CELL_PX) {
      for (let x = left + 3; x + width <= left + across - 3; x += CELL_PX) {
        const distance = distanceTo({ x, y, width, height }, anchor);
        if (distance / 12 >= bestCost) continue;
        let covered = 0;
        this.#eachCell({ x, y, width, height }, (cell) => (covered += this.#taken[cell]!));
        if (covered > costMax || covered + distance / 12 >= bestCost) continue;
        bestCost = covered + distance / 12;
        best = { x, y, width, height };
      }
    }
    if (best !== null) this.mark(best, 1000);
    return best;
  }

  #eachCell(box: Area, visit: (cell: number) => void): void {
    const { x: left, y: top } = this.#area;
    const fromColumn = Math.max(0, Math.floor((box.x - left) / CELL_PX));
    const toColumn = Math.min(this.#columns - 1, Math.floor((box.x + box.width - left) / CELL_PX));
    const fromRow = Math.max(0, Math.floor((box.y - top) / CELL_PX));
    const toRow = Math.min(this.#rows - 1, Math.floor((box.y + box.height - top) / CELL_PX));
    for (let row = fromRow; row <= toRow; row++) {
      for (let column = fromColumn; column <= toColumn; column++) visit(row * this.#columns + column);
    }
  }
}

export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** From a box's nearest edge to a point, in px; 0 inside. */
export function distanceTo(box: Area, point: Point): number {
  const dx = Math.max(box.x - point.x, 0, point.x - box.x - box.width);
  const dy = Math.max(box.y - point.y, 0, point.y - box.y - box.height);
  return Math.hypot(dx, dy);
}
