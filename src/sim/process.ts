/**
 * A node's process. Whatever reaches it (a message, its own timer) goes through here: a process that is down gets
 * nothing, one that is paused gets everything when it goes on, as sockets and timers of a stopped process do.
 */
export class Process {
  readonly name: string;
  /** Its place in the network. */
  readonly place: number;
  state: 'up' | 'down' | 'paused' = 'down';
  /** Counts starts. What was meant for an earlier life is not delivered to a later one. */
  life = 0;
  #held: (() => void)[] = [];

  constructor(name: string, place: number) {
    this.name = name;
    this.place = place;
  }

  /** @returns false when no process is there to run it. */
  run(callback: () => void): boolean {
    if (this.state === 'up') callback();
    else if (this.state === 'paused') this.#held.push(callback);
    else return false;
    return true;
  }

  start(): void {
    this.state = 'up';
    this.life++;
  }

  die(): void {
    this.state = 'down';
    this.#held = [];
  }

  pause(): void {
    if (this.state === 'up') this.state = 'paused';
  }

  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'up';
    const held = this.#held;
    this.#held = [];
    for (const callback of held) this.run(callback);
  }
}
