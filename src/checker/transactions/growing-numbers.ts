/** Numbers by an index that grows: as dense as they can lie, for tens of millions of them. */
const FIRST_LENGTH = 256;
/** Not twice: of the largest of them half would be room that nothing needs. */
const GROWTH = 1.3;

/** Whole numbers from 0 up to 2^32 - 1. */
export class GrowingNumbers {
  values: Uint32Array;
  length = 0;

  constructor(first: readonly number[]) {
    this.values = new Uint32Array(FIRST_LENGTH);
    for (const each of first) this.push(each);
  }

  /** @returns its index. */
  push(value: number): number {
    if (this.length === this.values.length) {
      const larger = new Uint32Array(Math.ceil(GROWTH * this.length));
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length] = value;
    return this.length++;
  }
}

/** Whole numbers from 0 to 255. */
export class GrowingBytes {
  values: Uint8Array;
  length = 0;

  constructor(first: readonly number[]) {
    this.values = new Uint8Array(FIRST_LENGTH);
    for (const each of first) this.push(each);
  }

  /** @returns its index. */
  push(value: number): number {
    if (this.length === this.values.length) {
      const larger = new Uint8Array(Math.ceil(GROWTH * this.length));
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length] = value;
    return this.length++;
  }
}

/** Any numbers. */
export class GrowingFloats {
  values: Float64Array;
  length = 0;

  constructor(first: readonly number[]) {
    this.values = new Float64Array(FIRST_LENGTH);
    for (const each of first) this.push(each);
  }

  /** @returns its index. */
  push(value: number): number {
    if (this.length === this.values.length) {
      const larger = new Float64Array(Math.ceil(GROWTH * this.length));
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length] = value;
    return this.length++;
  }
}
