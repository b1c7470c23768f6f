import type { ToLoader } from './protocol.ts';

type Told<Kind extends ToLoader['kind']> = Extract<ToLoader, { kind: Kind }>;

/** Messages by their kind: each comes once, and is kept until it is asked for. */
export class Inbox {
  readonly #waiting = new Map<string, Waiting>();

  put(message: ToLoader): void {
    this.#of(message.kind).resolve(message);
  }

  async next<Kind extends ToLoader['kind']>(kind: Kind): Promise<Told<Kind>> {
    return (await this.#of(kind).promise) as Told<Kind>;
  }

  #of(kind: string): Waiting {
    let found = this.#waiting.get(kind);
    if (found === undefined) {
      let resolve!: (message: ToLoader) => void;
      const promise = new Promise<ToLoader>((settle) => (resolve = settle));
      this.#waiting.set(kind, (found = { promise, resolve }));
    }
    return found;
  }
}

interface Waiting {
  promise: Promise<ToLoader>;
  resolve: (message: ToLoader) => void;
}
