import { Worker } from 'node:worker_threads';

/**
 * Another thread, which does something for a report while the checker is at work. Nothing depends on it: where the
 * system gives no thread, or it fails, its answer is null, and the caller does the work itself.
 */
export class Thread {
  #worker: Worker | null = null;

  /** @param program a JavaScript file that answers each message with one of its own. */
  constructor(program: URL) {
    try {
      const worker = new Worker(program, { execArgv: [] });
      worker.unref();
      const dismiss = () => (this.#worker = null);
      worker.on('error', dismiss).on('exit', dismiss);
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

  /** The thread's next answer; null when there is none. */
  async ask<Answer>(message: unknown): Promise<Answer | null> {
    const worker = this.#worker;
    if (worker === null) return null;
    worker.ref();
    return new Promise((resolve) => {
      worker.once('message', resolve);
      const giveUp = () => resolve(null);
      worker.once('error', giveUp).once('exit', giveUp);
      this.tell(message);
    });
  }

  async end(): Promise<void> {
    await this.#worker?.terminate();
  }
}
