import type { Clock } from '../../core/clock.ts';
import { NS_PER_MS } from '../../core/clock.ts';
import { wallAheadNs } from '../../core/clock-identity.ts';
import { Failure } from '../../core/failure.ts';
import { within } from '../../core/within.ts';
import type { Remote } from '../../control/remote.ts';
import { HostClock, MEASURE_EVERY_MS } from './host-clock.ts';
import type { ClockTold } from './protocol.ts';

/** A wall clock that moves by more against the monotonic one was set. */
const SET_NS = NS_PER_MS;
const ANSWER_WITHIN_MS = 15_000;

/**
 * Measures the clock of another host again and again. A measurement compares the wall clocks, since any host tells its own; each
 * side says how far its wall clock is ahead of its monotonic one, before and after, so that the difference of the
 * monotonic clocks follows. If a wall clock was set meanwhile the measurement does not count.
 */
export class ClockWatch {
  readonly #remote: Pick<Remote, 'clockOffset' | 'name'>;
  readonly #clock: Clock;
  readonly #measured = new HostClock();
  readonly #ending = new AbortController();
  #last: ClockTold | null = null;
  #waiting: ((told: ClockTold) => void)[] = [];
  #watching: Promise<void> = Promise.resolve();
  #fromNs = 0;
  #untilNs = Infinity;

  constructor(remote: Pick<Remote, 'clockOffset' | 'name'>, clock: Clock) {
    this.#remote = remote;
    this.#clock = clock;
  }

  hear(told: ClockTold): void {
    this.#last = told;
    for (const go of this.#waiting.splice(0)) go(told);
  }

  /** The next thing that the process says of its clock. */
  next(): Promise<ClockTold> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** How far the host's clock is ahead, as the times of its rows are corrected by. */
  async begin(): Promise<number> {
    for (let tries = 0; tries < TRIES; tries++)
      if (await this.#measure()) {
        this.#fromNs = this.#clock.nowNs();
        return this.#measured.firstOffsetNs;
      }
    throw new Failure(`the clock of ${this.#remote.name} cannot be compared with the one here`, {
      hint: 'is it set all the time? the order of writes could not be judged',
    });
  }

  watch(): void {
    this.#watching = (async () => {
      while (!this.#ending.signal.aborted) {
        await this.#clock.sleep(MEASURE_EVERY_MS, this.#ending.signal);
        if (!this.#ending.signal.aborted) await this.#measure();
      }
    })();
  }

  /** A last measurement, where the process can still tell of its clock. */
  async end(isAlive: boolean): Promise<void> {
    this.#untilNs = this.#clock.nowNs();
    this.#ending.abort();
    if (!isAlive) return;
    await this.#watching;
    for (let tries = 0; tries < TRIES; tries++) if (await this.#measure()) return;
  }

  /** Null where it is not known for the whole of the time. */
  uncertaintyNs(): number | null {
    return this.#measured.uncertaintyNs(this.#fromNs, this.#untilNs);
  }

  /** @returns whether it counts. */
  async #measure(): Promise<boolean> {
    const before = this.#last;
    if (before === null) return false;
    const ownAheadNs = wallAheadNs();
    const atNs = this.#clock.nowNs();
    const wall = await within(this.#clock, ANSWER_WITHIN_MS, this.#remote.clockOffset()).catch(() => null);
    if (wall === null) return false;
    const tookNs = this.#clock.nowNs() - atNs;
    // The first one may have been on its way while the clocks were compared.
    const after = await within(
      this.#clock,
      ANSWER_WITHIN_MS,
      this.next().then(() => this.next()),
    );
    if (after === null) return false;
    const movedNs = Math.max(
      Math.abs(Number(after.wallAheadNs - before.wallAheadNs)),
      Math.abs(Number(wallAheadNs() - ownAheadNs)),
    );
    if (movedNs > SET_NS) return false;
    this.#measured.add({
      atNs: atNs + tookNs / 2,
      offsetNs: wall.offsetNs - Number(before.wallAheadNs - ownAheadNs),
      uncertaintyNs: wall.uncertaintyNs + 2 * movedNs,
    });
    return true;
  }
}

const TRIES = 3;
