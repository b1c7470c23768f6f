import type { Event, ResetEvent, ScanEvent } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import { Intervals } from '../columns/intervals.ts';
import { PagedColumn } from '../columns/paged.ts';

/**
 * A reader's way through one partition. It claims to have gone through a range of offsets; which of them it was given
 * a record at takes a bit each. A reader whose bounds the history does not tell claims nothing.
 */
export class Session {
  readonly scan: number;
  readonly name: string;
  /** Whether it read after everything was over: what it returned is there in the end. */
  final = false;
  /** When its last scan of the partition was over. */
  endedNs = 0;
  /** What it says it read to the end, and what it set out to read and may have left. */
  readonly #covered = new Intervals();
  readonly #begun = new Intervals();
  /** What it had to leave out. */
  readonly #resets = new Intervals();
  /** Where it began again; ascending in time once it is asked about. */
  readonly #restarts: { timeNs: number; to: number }[] = [];
  #isSorted = true;
  readonly #returned = new PagedColumn('uint32');
  #highest = -1;
  #restartsPassed = 0;
  /** For the order of what it was given: the highest offset of this moment, and of all earlier ones. */
  #nowNs = -1;
  #highestNow = -1;
  #highestBefore = -1;

  constructor({ scan, name }: ScanEvent) {
    this.scan = scan;
    this.name = name;
  }

  claims(event: ScanEvent): void {
    this.final ||= event.final;
    (event.covered ? this.#covered : this.#begun).add(event.from, event.end);
    this.endedNs = Math.max(this.endedNs, event.completeNs);
    this.#restart({ timeNs: event.invokeNs, to: event.from });
  }

  wasReset(event: ResetEvent): void {
    this.#resets.add(event.from, event.to);
    this.#restart(event);
  }

  #restart({ timeNs, to }: { timeNs: number; to: number }): void {
    this.#restarts.push({ timeNs, to });
    this.#isSorted = false;
  }

  /**
   * It was given a record.
   * @returns the highest offset of what it had been given earlier if this one is not behind it; -1 if all is well.
   */
  returned(offset: number, timeNs: number): number {
    const word = Math.floor(offset / 32);
    this.#returned.set(word, (this.#returned.get(word) | (1 << (offset & 31))) >>> 0);
    if (offset > this.#highest) this.#highest = offset;
    return this.#orderOf(offset, timeNs);
  }

  /**
   * What came at one moment came in one answer, and an imported history may tell it in any order: so only what was
   * given strictly earlier must lie before it. Where the reader began again, it may be given again what lies behind.
   */
  #orderOf(offset: number, timeNs: number): number {
    if (!this.#isSorted) {
      this.#restarts.sort((a, b) => a.timeNs - b.timeNs);
      this.#isSorted = true;
    }
    if (timeNs < this.#nowNs) return -1;
    if (timeNs > this.#nowNs) {
      this.#highestBefore = Math.max(this.#highestBefore, this.#highestNow);
      this.#highestNow = -1;
      this.#nowNs = timeNs;
    }
    while (
      this.#restartsPassed < this.#restarts.length &&
      this.#restarts[this.#restartsPassed]!.timeNs <= timeNs
    ) {
      this.#highestBefore = Math.min(this.#highestBefore, this.#restarts[this.#restartsPassed++]!.to - 1);
    }
    if (offset > this.#highestNow) this.#highestNow = offset;
    return offset <= this.#highestBefore ? this.#highestBefore : -1;
  }

  wasGiven(offset: number): boolean {
    return (this.#returned.get(Math.floor(offset / 32)) & (1 << (offset & 31))) !== 0;
  }

  /** Whether it says that it has read the log at this offset: up to its end, or as far as it came. */
  wentPast(offset: number): boolean {
    const isInside = this.#covered.has(offset) || (offset < this.#highest && this.#begun.has(offset));
    return isInside && !this.#resets.has(offset);
  }
}

/** Every reader's way through every partition of which the history tells its bounds. */
export class Sessions {
  readonly #byPartition = new Map<number, Session[]>();

  constructor(events: readonly Event[]) {
    for (const event of eventsOf(events, 'scan')) this.#of(event).claims(event);
    for (const event of eventsOf(events, 'reset')) this.find(event.partition, event.scan)?.wasReset(event);
  }

  find(partition: number, scan: number): Session | undefined {
    return this.#byPartition.get(partition)?.find((session) => session.scan === scan);
  }

  in(partition: number): readonly Session[] {
    return this.#byPartition.get(partition) ?? [];
  }

  #of(event: ScanEvent): Session {
    const known = this.find(event.partition, event.scan);
    if (known !== undefined) return known;
    const session = new Session(event);
    const others = this.#byPartition.get(event.partition);
    if (others === undefined) this.#byPartition.set(event.partition, [session]);
    else others.push(session);
    return session;
  }
}
