import type { TransactionalClient } from '../../client/transactional-client.ts';

/** What an application is told of a client whose program is gone. */
export const CLIENT_ENDED = 'CLIENT_ENDED';

/**
 * The process that a member, and the producer with which it copies, live in. While it is stopped nothing in it goes on by
 * itself; when it is gone, nothing more is sent, and whoever waits for an answer is told so. What had been sent arrives.
 */
export class ClientProcess {
  #state: 'running' | 'stopped' | 'gone' = 'running';
  #stopped: ((isThere: boolean) => void)[] = [];
  readonly #ends: (() => void)[] = [];
  readonly #gone: Promise<void>;
  #end!: () => void;

  constructor() {
    this.#gone = new Promise((resolve) => (this.#end = resolve));
  }

  get isGone(): boolean {
    return this.#state === 'gone';
  }

  strike(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
    if (signal === 'SIGKILL') this.end();
    else if (this.#state !== 'gone') this.#state = signal === 'SIGSTOP' ? 'stopped' : 'running';
    if (this.#state !== 'stopped') this.#goOn();
  }

  end(): void {
    if (this.#state === 'gone') return;
    this.#state = 'gone';
    for (const end of this.#ends) end();
    this.#end();
    this.#goOn();
  }

  /** @param end called when it is gone: closes what it had open */
  whenGone(end: () => void): void {
    this.#ends.push(end);
  }

  /** Resolves when it runs, or is gone. @returns whether it is still there */
  async running(): Promise<boolean> {
    return this.#state === 'stopped'
      ? new Promise((resolve) => this.#stopped.push(resolve))
      : this.#state === 'running';
  }

  /** What it answers; `otherwise` where it is gone before. */
  answer<T>(work: () => Promise<T>, otherwise: (wasAsked: boolean) => T): Promise<T> {
    if (this.isGone) return Promise.resolve(otherwise(false));
    return Promise.race([work(), this.#gone.then(() => otherwise(true))]);
  }

  #goOn(): void {
    const stopped = this.#stopped;
    this.#stopped = [];
    for (const resolve of stopped) resolve(!this.isGone);
  }
}

/** A client of the model, as one that lives in this process. */
export function clientWithin(process: ClientProcess, client: TransactionalClient): TransactionalClient {
  process.whenGone(() => void client.close());
  return {
    open: () =>
      process.answer(
        () => client.open(),
        () => undefined,
      ),
    close: () =>
      process.answer(
        () => client.close(),
        () => undefined,
      ),
    begin: () =>
      process.answer(
        () => client.begin(),
        () => ({ producer: null, error: CLIENT_ENDED }),
      ),
    write: (invocation) =>
      process.answer(
        () => client.write(invocation),
        (wasAsked) => ({
          outcome: wasAsked ? 'info' : 'fail',
          error: CLIENT_ENDED,
          offset: null,
          attempts: wasAsked ? 1 : 0,
          broker: null,
        }),
      ),
    sendOffsets: (sent) =>
      process.answer(
        () => client.sendOffsets(sent),
        () => CLIENT_ENDED,
      ),
    end: (how) =>
      process.answer(
        () => client.end(how),
        (wasAsked) => ({
          outcome: how === 'commit' && wasAsked ? 'unknown' : 'aborted',
          error: CLIENT_ENDED,
          attempts: wasAsked ? 1 : 0,
          answered: 0,
          before: null,
          after: null,
        }),
      ),
  };
}
