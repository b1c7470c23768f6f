/** Numbers by an index that grows: as dense as they can lie, for tens of millions of them. */
const FIRST_LENGTH = 256;
/** Not twice: of the largest of them half would be room that nothing needs. */
const GROWTH = 1.3;

const ARRAYS = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, float64: Float64Array };
type Kind = keyof typeof ARRAYS;

/** Numbers of one kind: whole ones from 0 on that fit into so many bits, or any. */
export class GrowingNumbers<K extends Kind> {
  values: InstanceType<(typeof ARRAYS)[K]>;
  length = 0;
  #kind: K;

  constructor(kind: K, first: readonly number[] = []) {
    this.#kind = kind;
    this.values = this.#allocate(FIRST_LENGTH);
    for (const each of first) this.push(each);
  }

  /** @returns its index. */
  push(value: number): number {
    if (this.length === this.values.length) this.#move(Math.ceil(GROWTH * this.length));
    this.values[this.length] = value;
    return this.length++;
  }

  /** From now on larger numbers fit, too. */
  widen(kind: K): void {
    if (kind === this.#kind) return;
    this.#kind = kind;
    this.#move(this.values.length);
  }

  #move(length: number): void {
    const moved = this.#allocate(length);
    moved.set(this.values);
    this.values = moved;
  }

  #allocate(length: number): InstanceType<(typeof ARRAYS)[K]> {
    return new ARRAYS[this.#kind](length) as InstanceType<(typeof ARRAYS)[K]>;
  }
}

const NARROW_MAX = 0xffff;

/** Whole numbers below 2^32, which take half the room while all of them are below 2^16. */
export class NarrowNumbers {
  readonly #numbers: GrowingNumbers<'uint16' | 'uint32'>;

  constructor(first: readonly number[] = []) {
    this.#numbers = new GrowingNumbers<'uint16' | 'uint32'>('uint16');
    for (const each of first) this.push(each);
  }

  get length(): number {
    return this.#numbers.length;
  }

  push(value: number): void {
    if (value > NARROW_MAX) this.#numbers.widen('uint32');
    this.#numbers.push(value);
  }

  at(index: number): number {
    return this.#numbers.values[index]!;
  }
}
