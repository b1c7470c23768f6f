import type { Position } from '../../history/group.ts';

interface Committed {
  offset: number;
  /** Where it stands in the log of the coordinator: the last one there counts, in whatever order they are heard of. */
  at: number;
  /** What had been committed before; -1: nothing. */
  before: number;
}

/** An offset of a transaction that has no end yet. */
export interface Pending extends Readonly<Position> {
  /** Where it stands in the log; null until that is known. */
  at: number | null;
}

/** What a group has committed, as its coordinator has it in its memory. */
export class GroupOffsets {
  readonly #committed = new Map<number, Committed>();
  /** By producer. */
  readonly #pending = new Map<number, Set<Pending>>();

  /** -1: none. */
  of(partition: number): number {
    return this.#committed.get(partition)?.offset ?? -1;
  }

  commit({ partition, offset }: Readonly<Position>, at: number): void {
    const known = this.#committed.get(partition);
    if (known === undefined || known.at <= at)
      this.#committed.set(partition, { offset, at, before: known?.offset ?? -1 });
  }

  /** The planted bug `offsets-expired`. */
  forget(): void {
    this.#committed.clear();
  }

  /** The planted bug `offsets-rolled-back`. */
  rollBack(): void {
    for (const committed of this.#committed.values())
      if (committed.before >= 0) committed.offset = committed.before;
  }

  /** Offsets that are committed if a transaction is. They count as undecided while they are on their way into the log. */
  begin(producer: number, positions: readonly Pending[]): void {
    let pending = this.#pending.get(producer);
    if (pending === undefined) this.#pending.set(producer, (pending = new Set()));
    for (const position of positions) pending.add(position);
  }

  /** They are not in the log, as far as that is known. */
  withdraw(producer: number, positions: readonly Pending[]): void {
    for (const position of positions) this.#pending.get(producer)?.delete(position);
  }

  /** The transaction of this producer has ended. What is not in the log yet is of its next one. */
  end(producer: number, isCommitted: boolean): void {
    const pending = this.#pending.get(producer);
    for (const position of pending ?? []) {
      if (position.at === null) continue;
      pending!.delete(position);
      if (isCommitted) this.commit(position, position.at);
    }
  }

  /** Whether a transaction without an end may commit an offset of this partition. */
  isUndecided(partition: number): boolean {
    for (const pending of this.#pending.values())
      for (const position of pending) if (position.partition === partition) return true;
    return false;
  }
}
