import { readAt, WRITE_COLUMNS, writeAt } from '../columns/columns.ts';
import type { FaultStartEvent, FaultStopEvent } from '../event.ts';
import { int64At, type Run, type WriteBatch } from '../run.ts';
import type { Write } from '../write.ts';

/**
 * A history as Jepsen writes one (https://github.com/jepsen-io/history): operation maps, an invocation and a
 * completion each, in the order of time. A process has one operation at a time, so a worker with many writes in
 * flight is many processes; and one whose write ended in :info never comes back.
 */
export function* formatEdn(run: Run): Generator<string> {
  const sends = sendsOf(run);
  const faults = faultsOf(run);
  const polls = pollsOf(run);
  let index = 0;
  let nextFault = faults.next();
  let nextPoll = polls.next();
  const line = (op: Op) =>
    `{:index ${index++}, :type :${op.type}, :process ${op.process}, :f :${op.f}, :value ${op.value}, :time ${op.timeNs}${op.error === undefined ? '' : `, :error ${op.error}`}}\n`;
  function* until(timeNs: number): Generator<string> {
    for (;;) {
      const faultNs = nextFault.done === true ? Infinity : nextFault.value.timeNs;
      const pollNs = nextPoll.done === true ? Infinity : nextPoll.value.timeNs;
      if (Math.min(faultNs, pollNs) >= timeNs) return;
      if (faultNs <= pollNs) {
        yield line(nextFault.value as Op);
        nextFault = faults.next();
      } else {
        yield line(nextPoll.value as Op);
        nextPoll = polls.next();
      }
    }
  }
  for (const op of sends) {
    yield* until(op.timeNs);
    yield line(op);
  }
  yield* until(Infinity);
}

interface Op {
  type: 'invoke' | 'ok' | 'fail' | 'info';
  process: number | ':nemesis';
  f: string;
  /** As EDN, as is `error`. */
  value: string;
  timeNs: number;
  error?: string;
}

/** Both ends of every write, by time. At one time completions come first: a process is then free again. */
function* sendsOf(run: Run): Generator<Op> {
  const batches = Array.from(run.writes(), copyOf);
  const { rows, times } = endsOf(batches);
  const order = Uint32Array.from({ length: 2 * rows }, (_, end) => end).toSorted(
    (a, b) => times[a]! - times[b]! || Number(a < rows) - Number(b < rows) || a - b,
  );
  const processOf = new Map<number, number>();
  const free: number[] = [];
  let processes = 0;
  const writeOf = rowsIn(batches);
  for (const end of order) {
    const row = end % rows;
    const write = writeOf(row);
    if (end < rows) {
      const process = free.pop() ?? processes++;
      processOf.set(row, process);
      yield { type: 'invoke', process, f: 'send', value: sendValue(write, null), timeNs: write.invokeNs };
      continue;
    }
    const process = processOf.get(row)!;
    processOf.delete(row);
    const type = write.outcome === 'sent' ? 'info' : write.outcome;
    if (type !== 'info') free.push(process);
    // What never ended is left open, as Jepsen leaves it.
    if (write.completeNs === null) continue;
    const error = write.error === null ? {} : { error: text(write.error) };
    yield { type, process, f: 'send', value: sendValue(write, write.offset), timeNs: times[end]!, ...error };
  }
}

/** A batch of its own: the memory of one that a run gives is used again for the next. */
function copyOf(batch: WriteBatch): WriteBatch {
  const columns = Object.keys(WRITE_COLUMNS) as (keyof typeof WRITE_COLUMNS)[];
  return { ...batch, ...Object.fromEntries(columns.map((name) => [name, batch[name].slice()])) };
}

/** Row i begins at `times[i]` and ends at `times[rows + i]`, never before it began. */
function endsOf(batches: readonly WriteBatch[]): { rows: number; times: Float64Array } {
  const rows = batches.reduce((sum, { length }) => sum + length, 0);
  const times = new Float64Array(2 * rows);
  let row = 0;
  for (const batch of batches) {
    for (let index = 0; index < batch.length; index++, row++) {
      const invokeNs = int64At(batch.invokeNs, index);
      const completeNs = int64At(batch.completeNs, index);
      times[row] = invokeNs;
      times[rows + row] = completeNs < 0 ? Number.MAX_VALUE : Math.max(completeNs, invokeNs + 1);
    }
  }
  return { rows, times };
}

function rowsIn(batches: readonly WriteBatch[]): (row: number) => Write {
  const firsts: number[] = [];
  let rows = 0;
  for (const { length } of batches) {
    firsts.push(rows);
    rows += length;
  }
  return (row) => {
    let low = 0;
    let high = firsts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (firsts[middle]! <= row) low = middle;
      else high = middle - 1;
    }
    return writeAt(batches[low]!, row - firsts[low]!);
  };
}

function sendValue({ partition, worker, seq }: Write, offset: number | null): string {
  const value = text(`${worker}:${seq}`);
  return `[[:send ${partition} ${offset === null ? value : `[${offset} ${value}]`}]]`;
}

const POLL_RECORDS = 500;

/** What scans returned, some records of one partition at a time. Their processes are far above those of writers. */
function* pollsOf(run: Run): Generator<Op> {
  let key = '';
  let records: string[] = [];
  let last = { partition: 0, scan: 0, timeNs: 0 };
  function* poll(): Generator<Op> {
    if (records.length === 0) return;
    const common = { process: FIRST_POLLER + last.scan, f: 'poll', timeNs: last.timeNs };
    yield { ...common, type: 'invoke', value: '[[:poll]]' };
    yield { ...common, type: 'ok', value: `[[:poll {${last.partition} [${records.join(' ')}]}]]` };
    records = [];
  }
  for (const batch of run.reads()) {
    for (let index = 0; index < batch.length; index++) {
      const read = readAt(batch, index);
      const own = `${read.scan}/${read.partition}`;
      if (own !== key || records.length === POLL_RECORDS) yield* poll();
      key = own;
      last = read;
      const value = read.worker === null || read.seq === null ? 'nil' : text(`${read.worker}:${read.seq}`);
      records.push(`[${read.offset} ${read.integrity === 'valid' ? value : 'nil'}]`);
    }
  }
  yield* poll();
}

const FIRST_POLLER = 1_000_000_000;

function* faultsOf({ events }: Run): Generator<Op> {
  const kinds = new Map<string, string>();
  const strikes = events.filter(
    (event): event is FaultStartEvent | FaultStopEvent =>
      event.type === 'fault-start' || event.type === 'fault-stop',
  );
  for (const event of strikes.toSorted((a, b) => a.timeNs - b.timeNs)) {
    const isStart = event.type === 'fault-start';
    if (isStart) kinds.set(event.id, event.fault.kind);
    const kind = keyword(kinds.get(event.id) ?? event.id);
    const targets = isStart ? `[${event.targets.map(text).join(' ')}]` : text(event.evidence);
    yield {
      type: 'info',
      process: ':nemesis',
      f: isStart ? kind : `heal-${kind}`,
      value: targets,
      timeNs: event.timeNs,
    };
  }
}

function keyword(word: string): string {
  return word.replaceAll(/[^A-Za-z0-9*+!_?.-]/g, '-') || 'fault';
}

/** EDN's strings are written as those of JSON, but for the characters that JSON writes as \\u or \\b, \\f. */
function text(content: string): string {
  return JSON.stringify(content);
}
