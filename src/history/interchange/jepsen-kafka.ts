import { basename } from 'node:path';
import { EXIT, Failure } from '../../core/failure.ts';
import { completeContract } from '../assumptions.ts';
import { defaultInfo } from '../default-info.ts';
import type { ScanEvent } from '../event.ts';
import { runOf } from '../memory.ts';
import type { Run } from '../run.ts';
import type { Outcome, Read, Write } from '../write.ts';

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
 */
export function readJepsenKafka(entries: Iterable<Entry>, path: string): Run {
  const reader = new Reader(path);
  for (const entry of entries) reader.add(entry);
  return reader.finish();
}

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
  line: number;
}

interface Polled {
  partition: number;
  offset: number;
  /** As JSON. */
  value: string;
  timeNs: number;
}

/** A micro-operation: its name and arguments. */
type Micro = readonly [name: string, ...rest: unknown[]];

const KNOWN = new Set(['send', 'poll', 'txn', 'assign', 'subscribe', 'crash', 'debug-topic-partitions']);
const ALL_POLLS = 0;

class Reader {
  readonly #path: string;
  readonly #writes: Write[] = [];
  /** What assigned readers were given. */
  readonly #given: (Polled & { scan: number })[] = [];
  readonly #scans: ScanEvent[] = [];
  readonly #open = new Map<number, Op>();
  readonly #partitions = new Map<string, number>();
  readonly #sequence = new Map<number, number>();
  readonly #values = new Map<string, { worker: number; seq: number }>();
  /** Polled records by partition, offset and value: each is a record of the one scan once. */
  readonly #polled = new Map<string, Polled>();
  readonly #ends = new Map<number, { end: number; fromNs: number; toNs: number }>();
  /** By process: where it reads, since it was assigned; none after `subscribe`. */
  readonly #readers = new Map<number, Map<number, ScanEvent> | null>();
  readonly #strangers = new Map<string, number>();
  #order = 0;
  #lastNs = 0;
  #transactions = 0;

  constructor(path: string) {
    this.#path = path;
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
      invokeNs: fromNs,
      completeNs: toNs,
    }));
    const name = basename(this.#path);
    const info = {
      ...defaultInfo({
        partitions: 1 + Math.max(0, ...this.#partitions.values()),
        workers: this.#sequence.size,
      }),
      run: name,
      scenario: { name: 'imported', title: `Imported from ${name}` },
      // Nothing says that a client is idempotent, and a Kafka client sends again by itself.
      contract: completeContract({ idempotence: false, clientRetries: false }),
      ...(this.#transactions > 0 && { unjudged: [this.#aboutTransactions()] }),
    };
    return runOf({
      info,
      writes: this.#writes.toSorted((a, b) => (a.completeNs ?? Infinity) - (b.completeNs ?? Infinity)),
      reads: [...given, ...polled],
      events: [...polls, ...this.#scans],
    });
  }

  #aboutTransactions(): string {
    const count = this.#transactions;
    return `${count === 1 ? 'One transaction is' : `${count} transactions are`} not judged yet: what ${count === 1 ? 'it' : 'they'} sent may be in the log or not.`;
  }

  /** Null for what is no operation of a client. */
  #opOf(form: unknown, line: number): Op | null {
    if (typeof form !== 'object' || form === null || Array.isArray(form))
      throw this.#wrong(line, 'it is no operation, which is a map with :type, :process, :f and :value');
    const { type, process, f, value = null, time } = form as Record<string, unknown>;
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
    return { type, process, f, value, timeNs, line };
  }

  #complete(invoked: Op, done: Op): void {
    switch (invoked.f) {
      case 'assign':
      case 'subscribe':
        if (done.type === 'ok') this.#readers.set(done.process, done.f === 'assign' ? new Map() : null);
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
    const answered = done.type === 'ok' ? this.#microsOf(done) : asked;
    const isTransaction = invoked.f === 'txn' || asked.length > 1;
    if (isTransaction) this.#transactions++;
    for (const [at, micro] of asked.entries()) {
      const answer = answered[at] ?? micro;
      if (micro[0] === 'send') this.#send(invoked, done, micro, answer, isTransaction);
      else if (done.type === 'ok') this.#poll(invoked, done, answer, isTransaction);
    }
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

  #send(invoked: Op, done: Op, [, key, value]: Micro, answer: Micro, isTransaction: boolean): void {
    const partition = this.#partitionOf(key, invoked.line);
    const name = JSON.stringify(value ?? null);
    const worker = invoked.process;
    const seq = this.#sequence.get(worker) ?? 0;
    this.#sequence.set(worker, seq + 1);
    const known = this.#values.get(`${partition}/${name}`);
    if (known === undefined) this.#values.set(`${partition}/${name}`, { worker, seq });
    else throw this.#wrong(invoked.line, `the value ${name} is sent to key ${String(key)} a second time`);
    const [, , told] = answer;
    const offset = Array.isArray(told) && typeof told[0] === 'number' ? told[0] : null;
    const outcome: Outcome = isTransaction ? 'info' : (done.type as Outcome);
    this.#writes.push({
      worker,
      seq,
      partition,
      intendedNs: invoked.timeNs,
      invokeNs: invoked.timeNs,
      completeNs: done.timeNs < 0 ? null : done.timeNs,
      outcome,
      error: null,
      offset: outcome === 'ok' ? offset : null,
      // How often a client sent it the history does not say.
      attempts: 2,
      broker: null,
    });
  }

  #poll(invoked: Op, done: Op, [, records]: Micro, isTransaction: boolean): void {
    if (records === undefined || records === null) return;
    if (typeof records !== 'object') throw this.#wrong(done.line, 'a poll returns a map of records by key');
    for (const [key, list] of Object.entries(records)) {
      const partition = this.#partitionOf(key, done.line);
      if (!Array.isArray(list)) throw this.#wrong(done.line, `the records of key ${key} must be a list`);
      for (const record of list as unknown[]) {
        const [offset, value] = Array.isArray(record) ? (record as [unknown, unknown]) : [];
        // Some clients do not tell offsets of what they were given: then nothing follows from it.
        if (typeof offset !== 'number' || !Number.isSafeInteger(offset) || offset < 0) continue;
        this.#note(invoked, done, { partition, offset, value: JSON.stringify(value ?? null) }, isTransaction);
      }
    }
  }

  #note(invoked: Op, done: Op, record: Omit<Polled, 'timeNs'>, isTransaction: boolean): void {
    const { partition, offset, value } = record;
    const { timeNs } = done;
    const key = `${partition}/${offset}/${value}`;
    if (!this.#polled.has(key)) this.#polled.set(key, { ...record, timeNs });
    const bounds = this.#ends.get(partition);
    if (bounds === undefined)
      this.#ends.set(partition, { end: offset + 1, fromNs: invoked.timeNs, toNs: timeNs });
    else {
      bounds.end = Math.max(bounds.end, offset + 1);
      bounds.toNs = Math.max(bounds.toNs, timeNs);
    }
    const reading = isTransaction ? undefined : this.#readers.get(done.process);
    if (reading === undefined || reading === null) return;
    let scan = reading.get(partition);
    if (scan === undefined) {
      const number = 1 + this.#scans.length;
      scan = {
        type: 'scan',
        scan: number,
        name: `process ${done.process}, reader ${number}`,
        partition,
        from: offset,
        end: offset + 1,
        covered: true,
        final: false,
        invokeNs: invoked.timeNs,
        completeNs: timeNs,
      };
      reading.set(partition, scan);
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

/** Keys that are no small numbers become partitions from here on. */
const FIRST_NAMED = 100_000;

/** The worker of values that were never sent. */
const STRANGER = 0xfffffffd;
