import type { FaultStartEvent, FaultStopEvent } from '../event.ts';
import type { Run } from '../run.ts';
import { assertHolds } from './format-limits.ts';
import { pollsOf } from './edn-polls.ts';
import { sendingsOf } from './edn-sends.ts';

/**
 * A history as Jepsen writes one (https://github.com/jepsen-io/history): operation maps, an invocation and a
 * completion each, in the order of time. A process has one operation at a time, so a worker with many writes in
 * flight is many processes; and one whose write ended in :info never comes back.
 *
 * A transaction is one operation `:txn`, from its begin to when its outcome became known, with everything that was sent in it.
 * @throws Failure of a history with a consumer group, whose members and offsets such operations cannot tell.
 */
export function* formatEdn(run: Run): Generator<string> {
  assertHolds('EDN', run.info, ['group', 'copies']);
  const sends = sendsOf(run);
  const faults = faultsOf(run);
  const polls = pollOpsOf(run);
  let index = 0;
  let nextFault = faults.next();
  let nextPoll = polls.next();
  const line = (op: Op) =>
    `{:index ${index++}, :type :${op.type}, :process ${op.process}, :f :${op.f}, :value ${op.value}, :time ${op.timeNs}${op.error === undefined ? '' : `, :error ${op.error}`}${op.isolation === undefined ? '' : `, :isolation-level ${op.isolation}`}}\n`;
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
  isolation?: string;
}

/** Both ends of every operation that sends, by time. At one time completions come first: a process is then free again. */
function* sendsOf(run: Run): Generator<Op> {
  const { count, times, at } = sendingsOf(run);
  const order = Uint32Array.from({ length: 2 * count }, (_, end) => end).toSorted(
    (a, b) => times[a]! - times[b]! || Number(a < count) - Number(b < count) || a - b,
  );
  const processOf = new Map<number, number>();
  const free: number[] = [];
  let processes = 0;
  for (const end of order) {
    const number = end % count;
    const { f, asked, answered, type, error, isolation, hasEnd } = at(number);
    const timeNs = times[end]!;
    if (end < count) {
      const process = free.pop() ?? processes++;
      processOf.set(number, process);
      yield { type: 'invoke', process, f, value: asked, timeNs };
      continue;
    }
    const process = processOf.get(number)!;
    processOf.delete(number);
    if (type !== 'info') free.push(process);
    // What never ended is left open, as Jepsen leaves it.
    if (!hasEnd) continue;
    yield {
      type,
      process,
      f,
      value: answered,
      timeNs,
      ...(error !== null && { error: text(error) }),
      ...(isolation !== null && { isolation: text(isolation) }),
    };
  }
}

/** What readers were given. Their processes are far above those of writers. */
function* pollOpsOf(run: Run): Generator<Op> {
  for (const { scan, timeNs, records, isolation } of pollsOf(run)) {
    const common = {
      process: FIRST_POLLER + scan,
      f: 'poll',
      timeNs,
      ...(isolation !== null && { isolation: text(isolation) }),
    };
    yield { ...common, type: 'invoke', value: '[[:poll]]' };
    yield { ...common, type: 'ok', value: `[[:poll ${records}]]` };
  }
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
