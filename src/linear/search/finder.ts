/** A search that goes on a little at a time. */
export interface Finder {
  /** What it has looked at so far: a measure of time that is the same on every machine. */
  readonly steps: number;
  /** Something was left out: a dead end proves nothing. */
  readonly narrowed: boolean;
  /**
   * Goes on for about so many steps, or until it has looked at so many open operations.
   * @returns the positions of the operations in a legal order; or the classes of operations of unknown outcome of
   * which the order found would need more than there are; or the operation that cannot be placed; or null: there is
   * more to do.
   * @throws OutOfMemory
   */
  advance(
    steps: number,
    looks?: number,
  ): { order: number[] } | { ranOut: number[] } | { stuck: number } | null;
}
