import { Worker } from 'node:worker_threads';

/**
 * Another thread, which does something for a report while the checker is at work. Nothing depends on it: where the
 * system gives no thread, or it fails, its answer is null, and the caller does the work itself.
 */
export class Thread {
  #worker: Worker | null = null;
  readonly #dismiss = () => {
    this.#worker = null;
  };

  /** @param program a JavaScript file that answers each message with one of its own. */
  constructor(program: URL) {
    try {
      const worker = new Worker(program, { execArgv: [] });
      worker.unref();
      worker.on('error', this.#dismiss).on('exit', this.#dismiss);
      this.#worker = worker;
    } catch {
      // The system gives no thread.
    }
  }

  /** Of a message that has no answer. */
  tell(message: unknown): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window.
    this.#worker?.postMessage(message);
  }

  /** The thread's next answer; null when there is none. One question at a time; the process may end while none is asked. */
  async ask<Answer>(message: unknown): Promise<Answer | null> {
    const worker = this.#worker;
    if (worker === null) return null;
    worker.ref();
    const answer = await new Promise<Answer | null>((resolve) => {
      const settle = (found: Answer | null) => {
        worker.off('message', settle).off('error', giveUp).off('exit', giveUp);
        resolve(found);
      };
      const giveUp = () => settle(null);
      worker.on('message', settle).on('error', giveUp).on('exit', giveUp);
      this.tell(message);
    });
    worker.unref();
    return answer;
  }

  async end(): Promise<void> {
    await this.#worker?.terminate();
  }
}
