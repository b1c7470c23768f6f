import type { Value } from '../operation.ts';

/**
 * What a value looks like, whatever it is: `number`, `text`, `list of 2 (number)`, `map (k v)`. Values of one object
 * look alike, so an answer that looks like nothing that was written is of another object than was thought.
 */
export function shapeOf(value: Value, depth = 0): string {
  if (value === null) return 'nil';
  if (typeof value === 'number') return 'number';
  // Numbers that a double would round are texts here.
  if (typeof value === 'string') return LONG_NUMBER.test(value) ? 'number' : 'text';
  if (typeof value === 'boolean') return 'boolean';
  if (Array.isArray(value)) return `list of ${value.length}${elements(value as Value[], depth)}`;
  return `map (${Object.keys(value).toSorted().join(' ')})`;
}

const LONG_NUMBER = /^-?\d[\d.eE+-]{15,}$|^-?\d{1,15}[eE]\d+$/;

function elements(list: readonly Value[], depth: number): string {
  if (list.length === 0) return '';
  const shapes = new Set(list.map((item) => (depth < DEPTH_MAX ? shapeOf(item, depth + 1) : '…')));
  return ` (${[...shapes].toSorted().join(', ')})`;
}

/** So deep values are looked at. */
const DEPTH_MAX = 3;

/** Whether a value holds others, so that it is surely no number, text or truth. */
export function isContainer(value: Value): boolean {
  return typeof value === 'object' && value !== null;
}

/** A shape in a sentence: that of a list without its length and contents. */
export function kindOf(value: Value): string {
  const [kind] = shapeOf(value).split(' ') as [string];
  return kind === 'number' || kind === 'text' || kind === 'list' || kind === 'map' ? `a ${kind}` : kind;
}

/** The shapes of what was written. Lists of several lengths say that length is no part of the shape. */
export class Shapes {
  readonly #shapes = new Set<string>();
  readonly #loose = new Set<string>();
  #lengths: number | undefined | 'several';
  /** One of the values, to show. */
  example: Value = null;

  add(value: Value): void {
    if (value === null) return;
    if (this.#shapes.size === 0) this.example = value;
    this.#shapes.add(shapeOf(value));
    this.#loose.add(withoutLength(shapeOf(value)));
    if (!Array.isArray(value) || this.#lengths === 'several') return;
    const { length } = value;
    this.#lengths = this.#lengths === undefined || this.#lengths === length ? length : 'several';
  }

  get isEmpty(): boolean {
    return this.#shapes.size === 0;
  }

  has(value: Value): boolean {
    const shape = shapeOf(value);
    return this.#shapes.has(shape) || (this.#lengths === 'several' && this.#loose.has(withoutLength(shape)));
  }
}

function withoutLength(shape: string): string {
  return shape.replace(/^list of \d+/, 'list');
}
