/**
 * Bits of a row: slot s is bit s % 32 of word 1 + s / 32. Words follow one another as far as there are slots, so a
 * hundred open operations are four words.
 */
export function isSet(row: Int32Array, slot: number): boolean {
  return (row[1 + (slot >>> 5)]! & (1 << (slot & 31))) !== 0;
}

export function setBit(row: Int32Array, slot: number): void {
  row[1 + (slot >>> 5)]! |= 1 << (slot & 31);
}

export function clearBit(row: Int32Array, slot: number): void {
  row[1 + (slot >>> 5)]! &= ~(1 << (slot & 31));
}

export function wordsFor(slotCount: number): number {
  return Math.ceil(slotCount / 32);
}
