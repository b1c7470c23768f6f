import { check } from '../../src/checker/check.ts';
import type { Claim, Finding, FindingKind, Result } from '../../src/checker/result.ts';
import type { EndEvent, Event, LogEvent, ScanEvent, ViewEvent } from '../../src/history/event.ts';
import type { Fault } from '../../src/history/fault.ts';
import { runOf } from '../../src/history/memory.ts';
import type { Contract, Damage, NodeInfo, Run, RunInfo } from '../../src/history/run.ts';
import type { Outcome, Read, Write } from '../../src/history/write.ts';

/** Words to tell tiny histories with. Times are in seconds; a write takes a tenth of one unless it says otherwise. */
export const S = 1e9;

export const NODES: NodeInfo[] = [1, 2, 3].map((id) => ({
  name: `kafka${id}`,
  id,
  roles: ['broker'],
  address: `192.0.2.${id}`,
}));

export interface WriteWords {
  at?: number;
  until?: number;
  partition?: number;
  broker?: number | null;
  attempts?: number;
  error?: string;
}

function write(value: string, outcome: Outcome, offset: number | null, words: WriteWords): Write {
  const [worker, seq] = value.split(':').map(Number) as [number, number];
  const invokeNs = (words.at ?? 1) * S;
  return {
    worker,
    seq,
    partition: words.partition ?? 0,
    intendedNs: invokeNs,
    invokeNs,
    completeNs: words.until === undefined ? invokeNs + 0.1 * S : words.until * S,
    outcome,
    error: words.error ?? null,
    offset,
    attempts: words.attempts ?? 1,
    broker: words.broker === undefined ? 1 : words.broker,
  };
}

/** `acked('0:3', 12)`: worker 0's write number 3 was acknowledged at offset 12. */
export const acked = (value: string, offset: number | null, words: WriteWords = {}) =>
  write(value, 'ok', offset, words);
export const failed = (value: string, words: WriteWords = {}) =>
  write(value, 'fail', null, { error: 'NOT_ENOUGH_REPLICAS', ...words });
export const unknown = (value: string, words: WriteWords = {}) =>
  write(value, 'info', null, { error: 'REQUEST_TIMED_OUT', ...words });
export const sent = (value: string, words: WriteWords = {}) => write(value, 'sent', null, words);

export interface ReadWords {
  at?: number;
  partition?: number;
}

function record(scan: number, offset: number, value: string | null, words: ReadWords & Partial<Read>): Read {
  const [worker, seq] = value === null ? [null, null] : (value.split(':').map(Number) as [number, number]);
  const { at = scan === FINAL ? 100 : 50, partition = 0, ...rest } = words;
  return { scan, partition, offset, worker, seq, timeNs: at * S, integrity: 'valid', ...rest };
}

export const FINAL = 0;
export const CONSUMER = 1;

/** The final scan returned this. */
export const found = (offset: number, value: string | null, words: ReadWords & Partial<Read> = {}) =>
  record(FINAL, offset, value, words);
/** A consumer had been given this, long before the final scan. */
export const consumed = (offset: number, value: string | null, words: ReadWords & Partial<Read> = {}) =>
  record(CONSUMER, offset, value, words);

export function finalScan(end: number, more: Partial<ScanEvent> = {}): ScanEvent {
  return {
    type: 'scan',
    scan: FINAL,
    name: 'final',
    partition: 0,
    from: 0,
    end,
    covered: true,
    final: true,
    invokeNs: 99 * S,
    completeNs: 101 * S,
    ...more,
  };
}

export const isolated = (id: string, from: number, to: number | null, targets = ['kafka1']): Event[] => [
  {
    type: 'fault-start',
    id,
    fault: ISOLATE_LEADER,
    requestedNs: from * S,
    timeNs: from * S,
    targets,
    links: [],
    evidence: 'seen',
  },
  ...(to === null
    ? []
    : [{ type: 'fault-stop' as const, id, requestedNs: to * S, timeNs: to * S, evidence: 'seen' }]),
];

export const ISOLATE_LEADER: Fault = {
  kind: 'isolate',
  target: 'leader',
  from: 'cluster',
  direction: 'both',
};

export function leads(
  leader: number,
  epoch: number | null,
  at: number,
  more: Partial<ViewEvent> = {},
): ViewEvent {
  return {
    type: 'view',
    timeNs: at * S,
    observer: `log:kafka${leader}`,
    partition: 0,
    leader,
    epoch,
    isr: [1, 2, 3],
    ...more,
  };
}

export const truncated = (node: string, truncatedTo: number, at: number): LogEvent => ({
  type: 'log',
  timeNs: at * S,
  node,
  partition: 0,
  truncatedTo,
  text: `Truncating to offset ${truncatedTo}`,
});

export const end = (offset: number, at: number, more: Partial<EndEvent> = {}): EndEvent => ({
  type: 'end',
  partition: 0,
  offset,
  invokeNs: at * S,
  completeNs: at * S,
  broker: 1,
  ...more,
});

export interface Story {
  writes?: Write[];
  reads?: Read[];
  events?: Event[];
  contract?: Partial<Contract>;
  info?: Partial<RunInfo>;
  damage?: Damage[];
  claim?: Claim;
  batchRows?: number;
}

export const CONTRACT: Contract = {
  acks: 'all',
  minInsyncReplicas: 2,
  replicationFactor: 3,
  uncleanLeaderElection: false,
  idempotence: false,
  clientRetries: false,
};

export function runOfStory({
  writes = [],
  reads = [],
  events = [],
  contract,
  info,
  damage,
  batchRows,
}: Story): Run {
  const known = { nodes: NODES, versions: { kept: 'test', kafka: '4.4.0' } };
  const run = runOf(
    { writes, reads, events, info: { ...known, ...info, contract: { ...CONTRACT, ...contract } } },
    batchRows,
  );
  return damage === undefined ? run : { ...run, damage: () => damage };
}

export function judge(story: Story): Result {
  return check(runOfStory(story), { claim: story.claim ?? 'kept' });
}

/** The anomalies that were counted, without those that were not. */
export function anomalies({ counts }: Result): Partial<Record<string, number>> {
  const { attempted: _, ok: _1, sent: _2, fail: _3, info: _4, found: _5, 'info-found': _6, ...rest } = counts;
  return Object.fromEntries(Object.entries(rest).filter(([, count]) => count > 0));
}

/** The only finding of a kind. */
export function only(result: Result, kind: FindingKind): Finding {
  const ofKind = result.findings.filter((finding) => finding.kind === kind);
  if (ofKind.length !== 1) throw new Error(`${ofKind.length} findings of kind ${kind}, not one`);
  return ofKind[0]!;
}

/** Three records, acknowledged at 1.1 s, 2.1 s and 3.1 s, and found: other stories are this one with something gone wrong. */
export const GOOD: Required<Pick<Story, 'writes' | 'reads' | 'events'>> = {
  writes: [acked('0:0', 0, { at: 1 }), acked('1:0', 1, { at: 2 }), acked('0:1', 2, { at: 3 })],
  reads: [found(0, '0:0'), found(1, '1:0'), found(2, '0:1')],
  events: [finalScan(3)],
};
