import { join } from 'node:path/posix';
import type { Daemon, Remote } from '../../control/remote.ts';
import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { encode, messageFile, OUTPUT_FILE } from './host-files.ts';
import { OutboxReader } from './outbox-reader.ts';
import type { FromLoader, ToLoader } from './protocol.ts';

const POLL_MS = 100;
const RETRY_MS = 500;
const COMMAND_TIMEOUT_MS = 20_000;

/** A process on another host, and the directory there by which it is talked to. */
export class Mailbox {
  readonly remote: Remote;
  readonly directory: string;
  readonly daemon: Daemon;
  /** Resolves when the process is gone and all that it had told has been handed over: how, as the end of a sentence. */
  readonly gone: Promise<string>;
  /** By the run's clock: when something came last. */
  heardNs: number;
  /** Since when the host has been out of reach; null while it answers. */
  unreachableSinceNs: number | null = null;
  isGone = false;
  readonly #clock: Clock;
  readonly #closed = new AbortController();
  #receive: ((message: FromLoader) => void) | null = null;
  #early: FromLoader[] = [];
  #told: Promise<void> = Promise.resolve();

  constructor(options: { remote: Remote; directory: string; daemon: Daemon; clock: Clock }) {
    ({ remote: this.remote, directory: this.directory, daemon: this.daemon } = options);
    this.#clock = options.clock;
    this.heardNs = options.clock.nowNs();
    void this.daemon.exited.then(() => (this.isGone = true));
    this.gone = this.#pump().then(() => this.#how());
  }

  /** From now on each message goes there, those that had come before among them. */
  listen(receive: (message: FromLoader) => void): void {
    this.#receive = receive;
    for (const message of this.#early.splice(0)) receive(message);
  }

  /** One message after the other; each is written again until the host has it. */
  tell(message: ToLoader): void {
    this.#told = this.#told.then(async () => {
      while (!this.isGone && !this.#closed.signal.aborted) {
        try {
          const path = join(this.directory, messageFile(message.kind));
          await this.remote.files.write(path, encode(message));
          return;
        } catch {
          await this.#clock.sleep(RETRY_MS, this.#closed.signal);
        }
      }
    });
  }

  /** @throws Failure where it does not work. */
  async run(command: readonly string[]): Promise<void> {
    const { exitStatus, stderr } = await this.remote.exec(command, { timeoutMs: COMMAND_TIMEOUT_MS });
    if (exitStatus !== 0) throw new Failure(`"${command[0]}" on ${this.remote.name} failed: ${stderr}`);
  }

  /** Nothing is told or fetched any more. */
  close(): void {
    this.#closed.abort();
  }

  async #pump(): Promise<void> {
    const outbox = new OutboxReader(this.remote.files, this.directory, (path) =>
      this.run(['rm', '-f', path]),
    );
    while (!this.#closed.signal.aborted) {
      // Asked first: what it told before its end is there then.
      const wasGone = this.isGone;
      let messages: FromLoader[];
      try {
        messages = await outbox.next();
        this.unreachableSinceNs = null;
      } catch {
        this.unreachableSinceNs ??= this.#clock.nowNs();
        await this.#clock.sleep(RETRY_MS, this.#closed.signal);
        continue;
      }
      if (messages.length > 0) {
        this.heardNs = this.#clock.nowNs();
        for (const message of messages) (this.#receive ?? ((early) => this.#early.push(early)))(message);
        continue;
      }
      if (wasGone) return;
      await this.#clock.sleep(POLL_MS, this.#closed.signal);
    }
  }

  async #how(): Promise<string> {
    if (!this.isGone) return 'was given up';
    const { exitStatus, signal } = await this.daemon.exited;
    if (signal !== null) return `was killed (${signal})`;
    const output = await this.remote.files.read(join(this.directory, OUTPUT_FILE)).catch(() => null);
    const complaint = /^kept: (.*?)\.?$/m.exec(output?.toString() ?? '')?.[1];
    const why = complaint === undefined ? '' : `: ${complaint}`;
    return exitStatus === null ? `ended${why}` : `ended with exit status ${exitStatus}${why}`;
  }
}
