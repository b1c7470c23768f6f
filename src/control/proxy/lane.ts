/**
 * One direction of a connection: messages leave in the order in which they came, as on TCP, and one that is held holds up what
 * is behind it. Only one that lets another pass leaves its place.
 */
export class Lane {
  readonly #send: (bytes: Buffer) => void;
  readonly #ended: () => void;
  #waiting: Waiting[] = [];
  #isEnding = false;
  #isOver = false;
  #isCut = false;
  /** Until when earlier messages keep a slow lane busy; on the clock of whoever paces it. */
  busyUntilNs = 0;

  /** @param ended called once, when everything has left after `end` */
  constructor(send: (bytes: Buffer) => void, ended: () => void) {
    this.#send = send;
    this.#ended = ended;
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /**
   * @param options.isHeld it waits until it is released.
   * @param options.lets it waits until the next message has passed it, which calls this, or until it is released. A message that
   * passes another one does not wait.
   * @param options.leaving called when these bytes leave.
   */
  push(
    bytes: Buffer,
    options: { isHeld?: boolean; lets?: () => void; leaving?: () => void } = {},
  ): { waiting: Waiting; hasPassed: boolean } {
    const last = this.#waiting.at(-1);
    const passed = last?.passed ?? null;
    const hasPassed = passed !== null;
    const waiting: Waiting = {
      bytes,
      isReady: options.isHeld !== true && (options.lets === undefined || hasPassed),
      passed: hasPassed ? null : (options.lets ?? null),
      leaving: options.leaving ?? null,
    };
    this.#waiting.splice(hasPassed ? -1 : this.#waiting.length, 0, waiting);
    if (last !== undefined && passed !== null) {
      last.passed = null;
      last.isReady = true;
      passed();
    }
    this.#go();
    return { waiting, hasPassed };
  }

  release(waiting: Waiting): void {
    waiting.isReady = true;
    waiting.passed = null;
    this.#go();
  }

  /** Nothing comes any more: what waits leaves in its time, and then the lane ends. */
  end(): void {
    this.#isEnding = true;
    this.#go();
  }

  /** What waits never leaves. */
  cut(): void {
    this.#isCut = true;
    this.#waiting = [];
  }

  #go(): void {
    if (this.#isCut) {
      this.#waiting = [];
      return;
    }
    while (this.#waiting[0]?.isReady === true) {
      const { bytes, leaving } = this.#waiting.shift()!;
      leaving?.();
      this.#send(bytes);
    }
    if (!this.#isEnding || this.#isOver || !this.isEmpty) return;
    this.#isOver = true;
    this.#ended();
  }
}

/** A message in a lane. */
export interface Waiting {
  readonly bytes: Buffer;
  isReady: boolean;
  /** Set while it lets the next message pass; called when one has passed. */
  passed: (() => void) | null;
  readonly leaving: (() => void) | null;
}
