import type { Fetched } from '../../client/client.ts';

/** How far the members of a group have come together, and who owns what. */
export class GroupReading {
  /** By partition: the offset behind the last record that any member was handed. */
  readonly #positions: number[];
  readonly #owned = new Map<number, readonly number[]>();
  /** When anything was handed out last. */
  lastNs = 0;

  constructor(partitions: number) {
    this.#positions = new Array<number>(partitions).fill(0);
  }

  polled(member: number, { records, assigned }: Polled, nowNs: number): void {
    this.#owned.set(member, assigned);
    if (records.length > 0) this.lastNs = nowNs;
    for (const { partition, offset } of records)
      this.#positions[partition] = Math.max(this.#positions[partition] ?? 0, offset + 1);
  }

  /** Partitions that no member owns, ascending. */
  get unowned(): number[] {
    const owned = new Set([...this.#owned.values()].flat());
    return this.#positions.map((_, partition) => partition).filter((partition) => !owned.has(partition));
  }

  /** Partitions whose end no member has come to, ascending. */
  short(ends: readonly { partition: number; end: number }[]): number[] {
    return ends
      .filter(({ partition, end }) => (this.#positions[partition] ?? 0) < end)
      .map(({ partition }) => partition)
      .toSorted((one, other) => one - other);
  }
}

interface Polled {
  records: readonly Fetched[];
  assigned: readonly number[];
}
