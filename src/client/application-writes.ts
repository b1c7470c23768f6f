import { ANY_PARTITION } from '../history/value.ts';
import { keysOf, valuesOf, type Client, type Completion } from './client.ts';
import type { DriverOptions } from './driver-options.ts';

/** A record as libraries take it; without a partition it is theirs to choose. */
export interface Message {
  partition?: number;
  value: Buffer;
  key?: Buffer;
}

/** The offset that a library names for a partition: of the first record of the call there; -1 where it names none. */
export interface NamedOffset {
  partition: number;
  offset: number;
}

export interface ApplicationWrites extends Required<Pick<Client, 'write' | 'send'>> {
  /** Values are unique, so a request that contains one is an attempt at its batch. */
  noteAttempt(this: void, request: Buffer, brokerOf: () => number | null): void;
}

interface Open {
  /** The first of the batch: it stands for all, which the library sends together. */
  value: Buffer;
  attempts: number;
  broker: number | null;
}

type Verdict = Pick<Completion, 'outcome' | 'error' | 'offset'>;

/**
 * What a client library in this process writes for an application: each write and each `send` is one call of it. A failure is
 * never proof of anything, and a success is taken at its word.
 *
 * @param library.call one call; null where it gave no answer in any time that it may take
 * @param library.nameOf of what a call was rejected with
 */
export function applicationWrites(
  { acks, encode, keyed }: Pick<DriverOptions, 'acks' | 'encode' | 'keyed'>,
  library: {
    call(messages: Message[]): Promise<readonly NamedOffset[] | null>;
    nameOf(thrown: unknown): string;
  },
): ApplicationWrites {
  const open = new Set<Open>();
  const opened = (value: Buffer): Open => {
    const write = { value, attempts: 0, broker: null };
    open.add(write);
    return write;
  };

  async function verdictsOn(messages: Message[]): Promise<Verdict[]> {
    const alike = (verdict: Verdict) => messages.map(() => verdict);
    try {
      const named = await library.call(messages);
      if (named === null) return alike({ outcome: 'info', error: 'CLIENT_SILENT', offset: null });
      return messages.map(({ partition }, index) => {
        const base = named.find((each) => each.partition === partition)?.offset ?? -1;
        const isKnown = partition !== undefined && base >= 0;
        const before = messages.slice(0, index).filter((each) => each.partition === partition).length;
        return {
          outcome: acks === 0 ? 'sent' : 'ok',
          error: null,
          offset: isKnown ? base + before : null,
        };
      });
    } catch (thrown) {
      return alike({ outcome: 'info', error: library.nameOf(thrown), offset: null });
    }
  }

  return {
    async write(invocation) {
      const values = valuesOf(invocation).map(encode);
      const { keys } = keysOf(invocation, keyed);
      const { partition } = invocation;
      const write = opened(values[0]!);
      const [verdict] = await verdictsOn(
        values.map((value, index) => ({
          partition,
          value,
          ...(keys !== undefined && { key: keys[index]! }),
        })),
      );
      open.delete(write);
      return { ...verdict!, attempts: write.attempts, broker: write.broker };
    },
    async send(values) {
      const writes = values.map((value) => opened(encode(value)));
      const verdicts = await verdictsOn(
        values.map(({ partition }, index) => ({
          value: writes[index]!.value,
          ...(partition !== ANY_PARTITION && { partition }),
        })),
      );
      for (const write of writes) open.delete(write);
      return writes.map(({ attempts, broker }, index) => ({ ...verdicts[index]!, attempts, broker }));
    },
    noteAttempt(request, brokerOf) {
      for (const write of open) {
        if (!request.includes(write.value)) continue;
        write.attempts++;
        write.broker = brokerOf();
      }
    },
  };
}
