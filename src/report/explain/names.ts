import type { ScanEvent } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import type { Run } from '../../history/run.ts';

/** What brokers and readers are called, and which readers are final scans. */
export class Names {
  readonly #nodes: ReadonlyMap<number, string>;
  /** By scan, and then by partition. */
  readonly #scans = new Map<number, Map<number, ScanEvent>>();

  constructor({ info, events }: Pick<Run, 'info' | 'events'>) {
    this.#nodes = new Map(info.nodes.flatMap(({ id, name }) => (id === null ? [] : [[id, name]])));
    for (const event of eventsOf(events, 'scan')) {
      const known = this.#scans.get(event.scan) ?? new Map<number, ScanEvent>();
      this.#scans.set(event.scan, known.set(event.partition, event));
    }
  }

  /** @param broker null or below 0: not known. */
  node(broker: number | null): string | null {
    return broker === null || broker < 0 ? null : (this.#nodes.get(broker) ?? `broker ${broker}`);
  }

  /** Undefined where the history does not tell the bounds of this reader in this partition. */
  scan(scan: number, partition: number): ScanEvent | undefined {
    return this.#scans.get(scan)?.get(partition);
  }

  /** `the reader “audit”`, `the final scan “final”`. */
  reader(scan: number, partition: number): string {
    const own = this.scan(scan, partition) ?? this.#scans.get(scan)?.values().next().value;
    if (own === undefined) return `the reader ${scan}`;
    return `${own.final ? 'the final scan' : 'the reader'} “${own.name}”`;
  }

  isFinal(scan: number, partition: number): boolean {
    return this.scan(scan, partition)?.final === true;
  }
}
