import { basename } from 'node:path';
import { EXIT, Failure } from '../../core/failure.ts';
import { completeContract } from '../assumptions.ts';
import { defaultInfo } from '../default-info.ts';
import type { ScanEvent } from '../event.ts';
import { runOf } from '../memory.ts';
import type { Run } from '../run.ts';
import type { TransactionsInfo } from '../transaction.ts';
import type { Read } from '../write.ts';
import { JepsenSends } from './jepsen-sends.ts';

/**
 * A history of Jepsen's Kafka workload (https://github.com/jepsen-io/kafka): operations `send`, `poll`, `assign`,
 * `subscribe` and `crash`, an invocation and a completion each. A value is unique within its key, and a key is a
 * partition.
 *
 * As in Jepsen, all polls together stand in for a final scan: a record below the highest offset that anybody was given
 * must have been given to somebody. Of what lies behind that offset nothing is known.
 *
 * After `assign` a process reads on from record to record, so what it leaves out there it skipped. After `subscribe`
 * partitions may come and go while it reads, and nothing follows.
 *
 * Where any operation is a transaction, every one is (Jepsen's clients have either a transactional producer or none), and
 * which records a poll may show depends on the isolation of consumers. Jepsen's checker takes it to be `read_committed`; the
 * history does not tell it, except in polls that `kept export` wrote. There readers are not held against each other.
 *
 * @param options.isolation where the history does not tell it: what consumers asked for.
 */
export function readJepsenKafka(
  entries: Iterable<Entry>,
  path: string,
  options: { isolation?: JepsenIsolation | undefined } = {},
): Run {
  const reader = new Reader(path, options.isolation);
  for (const entry of entries) reader.add(entry);
  return reader.finish();
}

/** `isolation.level` of consumers. */
const JEPSEN_ISOLATIONS = ['read_committed', 'read_uncommitted'] as const;
export type JepsenIsolation = (typeof JEPSEN_ISOLATIONS)[number];

/** A form of the file, and its line; keywords are texts, maps objects. */
export interface Entry {
  form: unknown;
  line: number;
}

interface Op {
  type: string;
  process: number;
  f: string;
  value: unknown;
  timeNs: number;
  /** `:error`, and `:isolation-level`, where there are such. */
  error: unknown;
  isolation: unknown;
  line: number;
}

interface Polled {
  partition: number;
  offset: number;
  /** As JSON. */
  value: string;
  timeNs: number;
}

/** One that goes from record to record: where it is in each partition. */
interface Reading {
  /** 0: it has read nothing yet. */
  scan: number;
  name?: string;
  within?: NonNullable<ScanEvent['within']>;
  bounds: Map<number, ScanEvent>;
}

/** A micro-operation: its name and arguments. */
type Micro = readonly [name: string, ...rest: unknown[]];

const KNOWN = new Set(['send', 'poll', 'txn', 'assign', 'subscribe', 'crash', 'debug-topic-partitions']);
const ALL_POLLS = 0;

class Reader {
  readonly #path: string;
  readonly #isolation: JepsenIsolation | undefined;
  /** Of polls that returned anything: those that tell the same isolation, and those that tell none. */
  readonly #isolations = new Set<string>();
  readonly #sends = new JepsenSends();
  /** What assigned readers were given. */
  readonly #given: (Polled & { scan: number })[] = [];
  readonly #scans: ScanEvent[] = [];
  readonly #open = new Map<number, Op>();
  readonly #partitions = new Map<string, number>();
  readonly #values = new Map<string, { worker: number; seq: number }>();
  /** Polled records by partition, offset and value: each is a record of the one scan once. */
  readonly #polled = new Map<string, Polled>();
  readonly #ends = new Map<number, { end: number; fromNs: number; toNs: number }>();
  /** By process: where it reads, since it was assigned; none after `subscribe`. */
  readonly #readers = new Map<number, Reading | null>();
  #readersMet = 0;
  readonly #strangers = new Map<string, number>();
  #order = 0;
  #lastNs = 0;

  constructor(path: string, isolation: JepsenIsolation | undefined) {
    this.#path = path;
    this.#isolation = isolation;
  }

  add({ form, line }: Entry): void {
    const op = this.#opOf(form, line);
    if (op === null) return;
    if (op.type === 'invoke') {
      if (this.#open.has(op.process))
        throw this.#wrong(line, `process ${op.process} begins an operation before its last one has ended`);
      this.#open.set(op.process, op);
      return;
    }
    const invoked = this.#open.get(op.process);
    // A client that crashes is told by an :info without an invocation in some versions.
    if (invoked === undefined) {
      if (op.type === 'info') return;
      throw this.#wrong(line, `process ${op.process} ends an operation that it did not begin`);
    }
    if (invoked.f !== op.f) throw this.#wrong(line, `"f" must be ${invoked.f}, as it was begun, not ${op.f}`);
    this.#open.delete(op.process);
    this.#complete(invoked, op);
  }

  finish(): Run {
    for (const op of this.#open.values()) this.#complete(op, { ...op, type: 'info', timeNs: -1 });
    if (this.#order === 0)
      throw new Failure(`the file ${this.#path} holds no operation of Jepsen's Kafka workload`, {
        hint: 'other histories in EDN are for "kept lin"',
        exitStatus: EXIT.usage,
      });
    const given = this.#given.map((record) => this.#readOf(record, record.scan));
    // All polls are no reader that goes from record to record: their times say nothing, and they stand by offset.
    const polled = [...this.#polled.values()]
      .toSorted((a, b) => a.partition - b.partition || a.offset - b.offset)
      .map((record) => this.#readOf({ ...record, timeNs: 0 }, ALL_POLLS));
    const { writes, transactions, workers } = this.#sends.rows();
    const isolation = transactions === null ? {} : { isolation: this.#isolationOf() };
    const polls = [...this.#ends].map(([partition, { end, fromNs, toNs }]): ScanEvent => ({
      type: 'scan',
      scan: ALL_POLLS,
      name: 'all polls',
      partition,
      from: 0,
      end,
      covered: true,
      final: true,
      endIsOpen: true,
      ...isolation,
      invokeNs: fromNs,
      completeNs: toNs,
    }));
    const name = basename(this.#path);
    const info = {
      ...defaultInfo({
        partitions: 1 + Math.max(0, ...this.#partitions.values()),
        workers,
      }),
      run: name,
      scenario: { name: 'imported', title: `Imported from ${name}` },
      // Nothing says that a client is idempotent, and a Kafka client sends again by itself.
      contract: completeContract({ idempotence: false, clientRetries: false }),
      ...(transactions !== null && { transactions: this.#transactionsInfo() }),
    };
    return runOf({
      info,
      writes,
      reads: [...given, ...polled],
      events: [
        ...polls,
        ...this.#scans.map((each) => (each.within === undefined ? each : { ...each, ...isolation })),
      ],
      ...(transactions !== null && { transactions }),
    });
  }

  /** What every poll that returned anything tells, and what is assumed of those that tell nothing. */
  #isolationOf(): JepsenIsolation | 'unknown' {
    const levels = new Set([...this.#isolations].map((level) => level || this.#isolation || 'unknown'));
    const [level = 'unknown'] = levels;
    const known = JEPSEN_ISOLATIONS.find((each) => each === level);
    return levels.size > 1 || known === undefined ? 'unknown' : known;
  }

  /** Nothing of this does a history tell, but for whether readers told their isolation. */
  #transactionsInfo(): TransactionsInfo {
    const isAssumed = this.#isolations.has('') && this.#isolation !== undefined;
    return {
      ids: [],
      version: null,
      timeoutMs: 60_000,
      stateMinInsyncReplicas: null,
      ...(isAssumed && { isolationAssumed: true }),
    };
  }

  /** Null for what is no operation of a client. */
  #opOf(form: unknown, line: number): Op | null {
    if (typeof form !== 'object' || form === null || Array.isArray(form))
      throw this.#wrong(line, 'it is no operation, which is a map with :type, :process, :f and :value');
    const { type, process, f, value = null, time, error, ...others } = form as Record<string, unknown>;
    if (typeof process !== 'number') return null;
    if (typeof f !== 'string' || !KNOWN.has(f))
      throw this.#wrong(line, `":f" must be one of ${[...KNOWN].map((name) => `:${name}`).join(', ')}`);
    if (typeof type !== 'string' || !['invoke', 'ok', 'fail', 'info'].includes(type))
      throw this.#wrong(line, '":type" must be :invoke, :ok, :fail or :info');
    const timeNs = typeof time === 'number' ? time : ++this.#lastNs;
    if (!Number.isSafeInteger(timeNs) || timeNs < 0 || timeNs < this.#lastNs)
      throw this.#wrong(line, '":time" must be whole nanoseconds, and not earlier than in the line before');
    this.#lastNs = timeNs;
    this.#order++;
    return { type, process, f, value, timeNs, error, isolation: others['isolation-level'], line };
  }

  #complete(invoked: Op, done: Op): void {
    switch (invoked.f) {
      case 'assign':
      case 'subscribe':
        if (done.type === 'ok')
          this.#readers.set(done.process, done.f === 'assign' ? { scan: 0, bounds: new Map() } : null);
        break;
      case 'crash':
        this.#readers.delete(done.process);
        break;
      case 'send':
      case 'poll':
      case 'txn':
        this.#completeMicros(invoked, done);
        break;
      default:
    }
  }

  #completeMicros(invoked: Op, done: Op): void {
    const asked = this.#microsOf(invoked);
    // What failed, or is not known, may tell how far it came.
    const answered = done.type === 'ok' || Array.isArray(done.value) ? this.#microsOf(done) : asked;
    const isTransaction = invoked.f === 'txn' || asked.length > 1;
    const sends = asked.flatMap((micro, at) =>
      micro[0] === 'send' ? [this.#sendOf(invoked, done, micro, answered[at])] : [],
    );
    let number = -1;
    if (sends.length > 0 || isTransaction)
      number = this.#sends.add({
        process: invoked.process,
        invokeNs: invoked.timeNs,
        completeNs: done.timeNs < 0 ? null : done.timeNs,
        type: done.type as 'ok' | 'fail' | 'info',
        isTransaction,
        isUncertain: isUncertain(done.error),
        sends,
      });
    if (done.type !== 'ok') return;
    const within = sends.length > 0 && isTransaction ? this.#readerWithin(invoked.process, number) : null;
    for (const micro of answered)
      if (micro[0] === 'poll') this.#poll(invoked, done, micro, isTransaction ? within : undefined);
  }

  #microsOf({ value, line }: Op): Micro[] {
    const isMicro = (item: unknown): item is Micro =>
      Array.isArray(item) && (item[0] === 'send' || item[0] === 'poll');
    if (Array.isArray(value) && value.every((item) => isMicro(item))) return value;
    throw this.#wrong(
      line,
      '":value" must be a list of [:send KEY VALUE] and [:poll {KEY [[OFFSET VALUE] …]}]',
    );
  }

  /** @param answer what the completion says of it: with an offset, where it was acknowledged. */
  #sendOf(invoked: Op, done: Op, [, key, value]: Micro, answer: Micro | undefined) {
    const partition = this.#partitionOf(key, invoked.line);
    const name = JSON.stringify(value ?? null);
    const id = this.#sends.next(invoked.process);
    const isKnown = this.#values.has(`${partition}/${name}`);
    if (isKnown)
      throw this.#wrong(invoked.line, `the value ${name} is sent to key ${String(key)} a second time`);
    this.#values.set(`${partition}/${name}`, id);
    const [f, ofKey, told] = answer ?? [];
    const [offset, sent] = Array.isArray(told) ? (told as [unknown, unknown]) : [null, told];
    if (f !== 'send' || String(ofKey) !== String(key) || JSON.stringify(sent ?? null) !== name)
      throw this.#wrong(done.line, `it must answer [:send ${String(key)} ${name}], as it was begun`);
    return {
      ...id,
      partition,
      isAcknowledged: Array.isArray(told),
      offset: typeof offset === 'number' ? offset : null,
    };
  }

  #readerWithin(worker: number, number: number): Reading {
    const scan = ++this.#readersMet;
    const name = `transaction ${number} of process ${worker}, reader ${scan}`;
    return { scan, name, within: { worker, number }, bounds: new Map() };
  }

  /** @param within the transaction in which it polled, null of one that is not told apart; undefined outside of any. */
  #poll(invoked: Op, done: Op, [, records]: Micro, within: Reading | null | undefined): void {
    if (records === undefined || records === null) return;
    if (typeof records !== 'object') throw this.#wrong(done.line, 'a poll returns a map of records by key');
    for (const [key, list] of Object.entries(records)) {
      const partition = this.#partitionOf(key, done.line);
      if (!Array.isArray(list)) throw this.#wrong(done.line, `the records of key ${key} must be a list`);
      for (const record of list as unknown[]) {
        const [offset, value] = Array.isArray(record) ? (record as [unknown, unknown]) : [];
        // Some clients do not tell offsets of what they were given: then nothing follows from it.
        if (typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 0) continue;
        this.#note(invoked, done, { partition, offset, value: JSON.stringify(value ?? null) }, within);
      }
    }
  }

  #note(invoked: Op, done: Op, record: Omit<Polled, 'timeNs'>, within: Reading | null | undefined): void {
    const { partition, offset, value } = record;
    const { timeNs } = done;
    this.#isolations.add(typeof done.isolation === 'string' ? done.isolation : '');
    const key = `${partition}/${offset}/${value}`;
    if (!this.#polled.has(key)) this.#polled.set(key, { ...record, timeNs });
    const bounds = this.#ends.get(partition);
    if (bounds === undefined)
      this.#ends.set(partition, { end: offset + 1, fromNs: invoked.timeNs, toNs: timeNs });
    else {
      bounds.end = Math.max(bounds.end, offset + 1);
      bounds.toNs = Math.max(bounds.toNs, timeNs);
    }
    const reading = within === undefined ? this.#readers.get(done.process) : within;
    if (reading === undefined || reading === null) return;
    let scan = reading.bounds.get(partition);
    if (scan === undefined) {
      reading.scan ||= ++this.#readersMet;
      scan = {
        type: 'scan',
        scan: reading.scan,
        name: reading.name ?? `process ${done.process}, reader ${reading.scan}`,
        partition,
        from: offset,
        end: offset + 1,
        covered: reading.within === undefined,
        final: false,
        ...(reading.within !== undefined && { within: reading.within }),
        invokeNs: invoked.timeNs,
        completeNs: timeNs,
      };
      reading.bounds.set(partition, scan);
      this.#scans.push(scan);
    }
    scan.end = Math.max(scan.end, offset + 1);
    scan.completeNs = timeNs;
    this.#given.push({ ...record, scan: scan.scan, timeNs });
  }

  /** Whose write it is. A value that was never sent gets a number that no write has. */
  #readOf({ partition, offset, value, timeNs }: Polled, scan: number): Read {
    const common = { scan, partition, offset, timeNs, integrity: 'valid' } as const;
    const key = `${partition}/${value}`;
    const owner = this.#values.get(key);
    if (owner !== undefined) return { ...common, ...owner };
    let seq = this.#strangers.get(key);
    if (seq === undefined) this.#strangers.set(key, (seq = this.#strangers.size));
    return { ...common, worker: STRANGER, seq };
  }

  #partitionOf(key: unknown, line: number): number {
    if (typeof key !== 'number' && typeof key !== 'string')
      throw this.#wrong(line, 'a key must be a number or a text');
    const name = String(key);
    let partition = this.#partitions.get(name);
    if (partition === undefined) {
      partition = /^\d{1,5}$/.test(name) ? Number(name) : FIRST_NAMED + this.#partitions.size;
      this.#partitions.set(name, partition);
    }
    return partition;
  }

  #wrong(line: number, problem: string): Failure {
    return new Failure(`line ${line} of ${this.#path} cannot be used: ${problem}`, {
      hint: 'only histories of Jepsen\'s Kafka workload are read here; others are for "kept lin"',
      exitStatus: EXIT.usage,
    });
  }
}

/** Jepsen's client says of a transaction whose end failed whether it is certain that it was not committed. */
function isUncertain(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && (error as Record<string, unknown>)['definite?'] === false
  );
}

/** Keys that are no small numbers become partitions from here on. */
const FIRST_NAMED = 100_000;

/** The worker of values that were never sent. */
const STRANGER = 0xfffffffd;
