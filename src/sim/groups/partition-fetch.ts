import type { Fetched } from '../../client/client.ts';
import type { Isolation } from '../../client/library-reader.ts';
import type { Broker } from '../broker.ts';
import type { Cluster } from '../cluster.ts';
import { LeaderQuestions } from '../leader-questions.ts';
import { give, handedOut, type Given } from '../transactions/handing-out.ts';
import type { StoredEncoder } from '../value.ts';
import type { ClientProcess } from './client-process.ts';

const PATIENCE_MS = 2_000;
const PAUSE_MS = 100;
/** max.poll.records, of one partition, and so few that there is often more than one poll hands out. */
const POLLED_MAX = 10;

export interface FetchOptions {
  partition: number;
  isolation: Isolation;
  valueOf: StoredEncoder;
  /** The committed offset; -1: there is none; null: ask again. */
  committed: () => Promise<number | null>;
  /** Told that there is something to hand out. */
  onFetched: () => void;
}

/**
 * A member's way through one partition while that is its own: from the committed offset on, always some records ahead of what
 * was handed out. Where the group has no offset it begins at the beginning, and where the log has become shorter than that, too.
 */
export class PartitionFetch {
  /** The offset of the next record to be fetched; null until the committed one is known. */
  #position: number | null = null;
  readonly #cluster: Cluster;
  readonly #process: ClientProcess;
  readonly #options: FetchOptions;
  readonly #ending = new AbortController();
  #fetched: Fetched[] = [];
  #taken: (() => void) | null = null;

  constructor(cluster: Cluster, process: ClientProcess, options: FetchOptions) {
    this.#cluster = cluster;
    this.#process = process;
    this.#options = options;
    void this.#run();
  }

  end(): void {
    this.#ending.abort();
    this.#taken?.();
  }

  /** The offset of the next record that is handed out; null where it is not known. */
  get handedOutTo(): number | null {
    return this.#fetched[0]?.offset ?? this.#position;
  }

  /** What there is, up to a limit, which is handed out by that. */
  take(): Fetched[] {
    const taken = this.#fetched.splice(0, POLLED_MAX);
    if (this.#fetched.length === 0) this.#taken?.();
    return this.#cluster.options.bug === 'polled-backwards' ? taken.toReversed() : taken;
  }

  async #run(): Promise<void> {
    const { clock, options } = this.#cluster;
    const { signal } = this.#ending;
    while (await this.#goesOn()) {
      const committed = await this.#options.committed();
      if (committed === null) {
        await clock.sleep(PAUSE_MS, signal);
        continue;
      }
      const isSkipping = options.bug === 'position-skips' && committed >= 0;
      this.#position = Math.max(0, committed) + (isSkipping ? 1 : 0);
      break;
    }
    const questions = new LeaderQuestions(this.#cluster, PATIENCE_MS);
    while (await this.#goesOn()) {
      if (!(await this.#fetch(questions))) await clock.sleep(PAUSE_MS, signal);
      if (this.#fetched.length > 0) await new Promise<void>((resolve) => (this.#taken = resolve));
    }
  }

  async #goesOn(): Promise<boolean> {
    return (await this.#process.running()) && !this.#ending.signal.aborted;
  }

  /** @returns whether it has got any further */
  async #fetch(questions: LeaderQuestions): Promise<boolean> {
    const { partition, isolation, valueOf, onFetched } = this.#options;
    const { signal } = this.#ending;
    const from = this.#position!;
    let isOutOfRange = false as boolean;
    const question = (broker: Broker): Given | null => {
      const given = give(broker, { partition, from, isolation });
      // It may be a leader that was replaced: somebody else is asked before that is believed.
      isOutOfRange = given === 'out-of-range';
      return given === 'out-of-range' ? null : given;
    };
    const found = await questions.ask(partition, question, signal);
    if (signal.aborted) return false;
    if (found === null) {
      if (isOutOfRange) this.#position = 0;
      return false;
    }
    const { value: given } = found;
    if (given.stored.length === 0) return false;
    this.#position = from + given.stored.length;
    this.#fetched = handedOut(this.#cluster, valueOf, { ...given, partition, from });
    if (this.#fetched.length > 0) onFetched();
    return true;
  }
}
