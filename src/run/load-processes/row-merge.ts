import { NS_PER_MS } from '../../core/clock.ts';
import { writeAt } from '../../history/columns/columns.ts';
import { int64At, type WriteBatch } from '../../history/run.ts';
import type { Write } from '../../history/write.ts';

/**
 * The rows of several processes in one order: that in which their outcomes became known, which a history promises. Each
 * process tells up to which moment it has told all, so what lies below the earliest of these moments can go on. One that
 * says nothing for a while holds the others up no longer; what it tells then comes late, and the checker sees that.
 */
export class RowMerge {
  readonly #sources: Source[];
  readonly #emit: (write: Write) => void;
  readonly #patienceNs: number;

  /** @param patienceMs so long one process may hold up the rows of the others. */
  constructor(sources: number, emit: (write: Write) => void, patienceMs: number = PATIENCE_MS.here) {
    this.#sources = Array.from({ length: sources }, () => ({ batches: [], row: 0, untilNs: 0 }));
    this.#emit = emit;
    this.#patienceNs = patienceMs * NS_PER_MS;
  }

  /** Rows of one process, in their order, and the moment up to which it has told all: Infinity once it is over. */
  add(index: number, batches: readonly WriteBatch[], untilNs: number): void {
    const source = this.#sources[index]!;
    source.batches.push(...batches.filter(({ length }) => length > 0));
    source.untilNs = untilNs;
    this.#pass();
  }

  /** Passes on what no process can precede any more. */
  #pass(): void {
    const told = this.#sources.map(({ untilNs }) => untilNs);
    const newestNs = Math.max(...told.filter((ns) => ns !== Infinity), 0);
    const limitNs = Math.max(Math.min(...told), newestNs - this.#patienceNs);
    for (;;) {
      let first: Source | null = null;
      let firstNs = Infinity;
      for (const source of this.#sources) {
        const ns = nextOf(source);
        if (ns < firstNs) [first, firstNs] = [source, ns];
      }
      if (first === null || firstNs > limitNs) return;
      const [batch] = first.batches;
      this.#emit(writeAt(batch!, first.row++));
      if (first.row < batch!.length) continue;
      first.batches.shift();
      first.row = 0;
    }
  }
}

/** A host that is out of reach tells later what it has to tell, and what comes late can be judged less. */
export const PATIENCE_MS = { here: 5_000, otherHosts: 10_000 } as const;

interface Source {
  batches: WriteBatch[];
  /** Of the first batch: the next row. */
  row: number;
  untilNs: number;
}

function nextOf({ batches, row }: Source): number {
  return batches.length === 0 ? Infinity : int64At(batches[0]!.completeNs, row);
}
