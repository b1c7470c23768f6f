import { runOf } from '../../src/history/memory.ts';
import type { Event, PhaseEvent, PhaseName, ViewEvent } from '../../src/history/event.ts';
import type { Fault, Link } from '../../src/history/fault.ts';
import type { Contract, NodeInfo, Run, RunInfo } from '../../src/history/run.ts';
import type { Write } from '../../src/history/write.ts';
import { emptyCounts } from '../../src/checker/result.ts';
import type { Counts, Finding, Result } from '../../src/checker/result.ts';
import { seededRandom } from '../../src/core/random.ts';
import { Losses } from '../../src/report/timeline/losses.ts';

/**
 * Runs as real clusters produce them, imitated: what a picture and a text must be able to show. Every scene is a
 * run with the result that a checker gives for it, and what it tells of each loss.
 */
export interface Scene {
  run: Run;
  result: Result;
  losses: Losses;
}

const S = 1e9;

const CONTRACT: Contract = {
  acks: 1,
  minInsyncReplicas: 1,
  replicationFactor: 3,
  uncleanLeaderElection: false,
  idempotence: false,
  clientRetries: false,
};

export const NODES: NodeInfo[] = [
  { name: 'kafka1', id: 1, roles: ['broker'], address: '192.0.2.1:9092' },
  { name: 'kafka2', id: 2, roles: ['broker'], address: '192.0.2.2:9092' },
  { name: 'kafka3', id: 3, roles: ['broker'], address: '192.0.2.3:9092' },
  { name: 'controller1', id: 100, roles: ['controller'], address: '192.0.2.100:9093' },
];

function infoOf(name: string, title: string, extra: Partial<RunInfo> = {}): RunInfo {
  return {
    version: 1,
    run: 'k3x9f0',
    status: 'complete',
    world: 'real',
    seed: 42,
    scenario: { name, title },
    contract: CONTRACT,
    topic: 'kept',
    partitions: 1,
    nodes: NODES,
    workers: 8,
    versions: { kept: '0.1.0', kafka: '4.1.0' },
    kafkaMode: 'kraft-separate',
    startedAt: '2026-01-02T03:04:05.000Z',
    ...extra,
  };
}

/** What a checker tells while it finds these writes lost. */
export function lossesOf(lost: readonly Write[]): Losses {
  const losses = new Losses();
  for (const { outcome, partition, offset, completeNs } of lost) {
    const kind = outcome === 'sent' ? 'sent-missing' : 'lost';
    losses.add({ kind, partition, offset: offset ?? -1, timeNs: completeNs ?? -1 });
  }
  return losses;
}

/** A result whose counts follow from the writes and the findings. */
export function resultOf(
  run: Run,
  writes: readonly Write[],
  findings: Finding[],
  reasons: string[],
  extra: Partial<Result> = {},
): Result {
  const counts: Counts = { ...emptyCounts(), attempted: writes.length };
  for (const outcome of ['ok', 'sent', 'fail', 'info'] as const) {
    counts[outcome] = writes.filter((write) => write.outcome === outcome).length;
  }
  for (const finding of findings) counts[finding.kind] += finding.count;
  counts['info-found'] = Math.min(3, counts.info);
  counts.found = counts.ok - counts.lost + counts['info-found'];
  return {
    version: 1,
    run: run.info.run,
    claim: 'kept',
    verdict: counts.lost > 0 ? 'invalid' : 'valid',
    reasons,
    contract: run.info.contract,
    counts,
    findings,
    ...extra,
  };
}

type Answer = Pick<Write, 'outcome' | 'offset' | 'broker' | 'error'> & {
  latencyNs: number;
  partition?: number;
};

/** An open load: workers take turns; the answer says what becomes of a write that begins at `timeNs`. */
function load(
  fromNs: number,
  toNs: number,
  perSecond: number,
  answer: (timeNs: number, worker: number) => Answer,
): Write[] {
  const writes: Write[] = [];
  const count = Math.floor(((toNs - fromNs) / S) * perSecond);
  for (let index = 0; index < count; index++) {
    const invokeNs = Math.floor(fromNs + (index / perSecond) * S);
    const { latencyNs, partition = 0, ...rest } = answer(invokeNs, index % 8);
    writes.push({
      worker: index % 8,
      seq: Math.floor(index / 8),
      partition,
      intendedNs: invokeNs,
      invokeNs,
      completeNs: Math.floor(invokeNs + latencyNs),
      attempts: 1,
      ...rest,
    });
  }
  return writes.toSorted((a, b) => a.completeNs! - b.completeNs!);
}

const PHASES: readonly PhaseName[] = ['setup', 'warm-up', 'faults', 'recovery', 'settle', 'scan', 'done'];

function phases(seconds: Partial<Record<PhaseName, number>>): PhaseEvent[] {
  return PHASES.flatMap((name) => {
    const second = seconds[name];
    return second === undefined ? [] : [{ type: 'phase', timeNs: second * S, name }];
  });
}

const up = (nodes: readonly NodeInfo[]): Event[] =>
  nodes.flatMap((node, index): Event[] => [
    { type: 'node', timeNs: (0.5 + index * 0.1) * S, node: node.name, state: 'starting' },
    { type: 'node', timeNs: (4 + index * 0.2) * S, node: node.name, state: 'up' },
  ]);

const views = (
  second: number,
  observers: string[],
  leader: number,
  epoch: number,
  isr: number[],
): ViewEvent[] =>
  observers.map((observer) => ({
    type: 'view',
    timeNs: second * S,
    observer,
    partition: 0,
    leader,
    epoch,
    isr,
  }));

function strike(id: string, second: number, fault: Fault, targets: string[], links: Link[] = []): Event {
  const timeNs = second * S;
  return {
    type: 'fault-start',
    id,
    fault,
    requestedNs: timeNs - 0.1 * S,
    timeNs,
    targets,
    links,
    evidence: 'seen',
  };
}

function heal(id: string, second: number): Event {
  return { type: 'fault-stop', id, requestedNs: (second - 0.1) * S, timeNs: second * S, evidence: 'seen' };
}

/** An acknowledgement by a broker, at the next offset of its own log. */
function ackBy(log: { broker: number; next: number }, latencyMs = 8): Answer {
  return { outcome: 'ok', broker: log.broker, offset: log.next++, error: null, latencyNs: latencyMs * 1e6 };
}

const unknown = (latencyMs: number, error = 'KafkaJSRequestTimeoutError'): Answer => ({
  outcome: 'info',
  broker: null,
  offset: null,
  error,
  latencyNs: latencyMs * 1e6,
});

const refused = (): Answer => ({
  outcome: 'fail',
  broker: null,
  offset: null,
  error: 'ECONNREFUSED',
  latencyNs: 3e6,
});

/** Scenario 4: the isolated leader goes on acknowledging while its successor writes other values to its offsets. */
export function zombieLeader(): Scene {
  const random = seededRandom(4);
  const zombie = { broker: 1, next: 0 };
  const successor = { broker: 2, next: 0 };
  const writes = load(6 * S, 30 * S, 900, (timeNs, worker) => {
    const second = timeNs / S;
    if (second < 10) return ackBy(zombie, 4 + random.int(8));
    if (second >= 13.2 && successor.next === 0) successor.next = 3600 + 3;
    const stays = worker < 6;
    if (second < 22.4) {
      if (stays) return ackBy(zombie, 4 + random.int(8));
      return second < 13.2 ? unknown(900) : ackBy(successor, 4 + random.int(8));
    }
    if (stays && second < 23) return unknown(500, 'NOT_LEADER_FOR_PARTITION');
    return ackBy(successor, 4 + random.int(8));
  });
  const fault: Fault = { kind: 'isolate', target: 'leader', from: 'cluster', direction: 'both' };
  const all = ['kafka1', 'kafka2', 'kafka3'];
  const events: Event[] = [
    ...up(NODES),
    ...phases({ setup: 0, 'warm-up': 6, faults: 9, recovery: 22, settle: 30, scan: 33.5, done: 34.6 }),
    ...views(5.2, all, 1, 0, [1, 2, 3]),
    { type: 'controller', timeNs: 5 * S, observer: 'kafka2', controller: 100 },
    strike('f1', 10, fault, ['kafka1'], [{ from: 'kafka1', to: 'kafka2' }]),
    { ...views(13.2, ['log:kafka2'], 2, 1, [2, 3])[0]!, startOffset: 3603 },
    ...views(13.3, ['kafka2', 'kafka3'], 2, 1, [2, 3]),
    heal('f1', 22),
    ...views(22.5, ['kafka1'], 2, 1, [2, 3]),
    {
      type: 'log',
      timeNs: 22.9 * S,
      node: 'kafka1',
      text: 'Truncating to offset 3603',
      truncatedTo: 3603,
      partition: 0,
    },
    ...views(25, all, 2, 1, [2, 3, 1]),
    {
      type: 'end',
      partition: 0,
      offset: successor.next + 2,
      invokeNs: 33 * S,
      completeNs: 33 * S,
      broker: 2,
    },
    {
      type: 'scan',
      scan: 1,
      name: 'final',
      partition: 0,
      from: 0,
      end: successor.next + 2,
      covered: true,
      final: true,
      invokeNs: 33.5 * S,
      completeNs: 34.4 * S,
    },
  ];
  const lost = writes.filter(
    (write) => write.outcome === 'ok' && write.broker === 1 && write.offset! >= 3603,
  );
  const offsets = lost.map((write) => write.offset!);
  const run = runOf({
    info: infoOf('isolated-leader', 'Leader isolated from the cluster, clients still reach it, acks=1'),
    writes,
    events,
  });
  const finding: Finding = {
    kind: 'lost',
    loss: 'truncated',
    partition: 0,
    count: lost.length,
    judgement: 'permitted',
    reason: 'acks=1 promises nothing once the acknowledging leader is replaced',
    blame: 'broker',
    values: 'w0 452..1840; w1 452..1840; w2 …',
    offsets: [offsets[0]!, offsets.at(-1)!],
    timeNs: [lost[0]!.completeNs!, lost.at(-1)!.completeNs!],
    leader: { node: 'kafka1', id: 1, epoch: 0 },
    faults: ['f1'],
    endedBy: 'kafka2 became leader in epoch 1 from offset 3603 at 13.2 s; kafka1 cut its log back at 22.9 s',
    examples: [{ value: 'w0:452', ackedOffset: 3603, ackedNs: 10.02 * S, broker: 1 }],
  };
  const divergent: Finding = {
    kind: 'divergent',
    partition: 0,
    count: 2100,
    judgement: 'permitted',
    reason: 'two leaders acknowledged at the same offsets',
    blame: 'broker',
    values: 'w0 452..900',
    offsets: [3603, 5702],
    examples: [],
  };
  return {
    run,
    losses: lossesOf(lost),
    result: resultOf(
      run,
      writes,
      [finding, divergent],
      [
        `${lost.length.toLocaleString('en-US')} of ${writes.filter((write) => write.outcome === 'ok').length.toLocaleString('en-US')} acknowledged records are not in the log any more.`,
      ],
    ),
  };
}

/** Scenario 2: the leader is killed; a tail of a few records is lost. */
export function killedLeader(): Scene {
  const first = { broker: 1, next: 0 };
  const second = { broker: 3, next: 0 };
  const writes = load(6 * S, 26 * S, 600, (timeNs) => {
    const time = timeNs / S;
    if (time < 12) return ackBy(first, 6);
    if (time < 14.6) return time < 12.05 ? unknown(40, 'KafkaJSConnectionClosedError') : refused();
    if (second.next === 0) second.next = first.next - 18;
    return ackBy(second, 7);
  });
  const all = ['kafka1', 'kafka2', 'kafka3'];
  const events: Event[] = [
    ...up(NODES),
    ...phases({ setup: 0, 'warm-up': 6, faults: 10, recovery: 20, settle: 26, scan: 28, done: 28.7 }),
    ...views(5.2, all, 1, 0, [1, 2, 3]),
    strike('f1', 12, { kind: 'kill', target: 'leader' }, ['kafka1']),
    { type: 'node', timeNs: 12 * S, node: 'kafka1', state: 'down', detail: 'killed' },
    { ...views(14.5, ['log:kafka3'], 3, 1, [2, 3])[0]!, startOffset: first.next - 18 },
    ...views(14.6, ['kafka2', 'kafka3'], 3, 1, [2, 3]),
    { type: 'node', timeNs: 20 * S, node: 'kafka1', state: 'starting' },
    { type: 'node', timeNs: 22.5 * S, node: 'kafka1', state: 'up' },
    heal('f1', 22.5),
    ...views(23, all, 3, 1, [2, 3, 1]),
    {
      type: 'log',
      timeNs: 22.4 * S,
      node: 'kafka1',
      text: 'Truncating',
      truncatedTo: first.next - 18,
      partition: 0,
    },
    { type: 'end', partition: 0, offset: second.next, invokeNs: 28 * S, completeNs: 28 * S, broker: 3 },
  ];
  const tail = writes.filter((write) => write.outcome === 'ok' && write.broker === 1).slice(-18);
  const run = runOf({
    info: infoOf('killed-leader', 'Leader killed, acks=1', {
      kafkaMode: 'zookeeper',
      versions: { kept: '0.1.0', kafka: '2.0.1' },
    }),
    writes,
    events,
  });
  const finding: Finding = {
    kind: 'lost',
    loss: 'truncated',
    partition: 0,
    count: 18,
    judgement: 'permitted',
    reason: 'with acks=1 the tail that no follower has fetched dies with the leader',
    blame: 'broker',
    values: 'w0 448..450; w1 448 449',
    offsets: [tail[0]!.offset!, tail.at(-1)!.offset!],
    timeNs: [tail[0]!.completeNs!, tail.at(-1)!.completeNs!],
    leader: { node: 'kafka1', id: 1, epoch: 0 },
    faults: [],
    endedBy: 'kafka3 became leader in epoch 1 at 14.5 s',
    examples: [],
  };
  return {
    run,
    losses: lossesOf(tail),
    result: resultOf(run, writes, [finding], ['18 acknowledged records are not in the log any more.']),
  };
}

/** Scenario 5: as scenario 4 with acks=all: the isolated leader cannot acknowledge, and nothing is lost. */
export function isolatedLeaderAcksAll(): Scene {
  const first = { broker: 1, next: 0 };
  const second = { broker: 2, next: 0 };
  const writes = load(6 * S, 30 * S, 250, (timeNs) => {
    const time = timeNs / S;
    if (time < 10) return ackBy(first, 15);
    if (time < 13.4) return unknown(1500, 'REQUEST_TIMED_OUT');
    if (second.next === 0) second.next = first.next + 5;
    return ackBy(second, 18);
  });
  const all = ['kafka1', 'kafka2', 'kafka3'];
  const events: Event[] = [
    ...up(NODES),
    ...phases({ setup: 0, 'warm-up': 6, faults: 9, recovery: 22, settle: 30, scan: 32, done: 33 }),
    ...views(5.2, all, 1, 0, [1, 2, 3]),
    strike(
      'f1',
      10,
      { kind: 'isolate', target: 'leader', from: 'cluster', direction: 'both' },
      ['kafka1'],
      [{ from: 'kafka1', to: 'kafka2' }],
    ),
    ...views(13.3, ['kafka2', 'kafka3'], 2, 1, [2, 3]),
    heal('f1', 22),
    ...views(22.4, all, 2, 1, [1, 2, 3]),
    { type: 'end', partition: 0, offset: second.next, invokeNs: 32 * S, completeNs: 32 * S, broker: 2 },
  ];
  const run = runOf({
    info: infoOf('isolated-leader-acks-all', 'Leader isolated from the cluster, acks=all', {
      contract: { ...CONTRACT, acks: 'all', minInsyncReplicas: 2 },
    }),
    writes,
    events,
  });
  return {
    run,
    losses: lossesOf([]),
    result: resultOf(run, writes, [], ['All acknowledged records were found where they were acknowledged.']),
  };
}

/** A random run: a dozen faults in a minute, three partitions, two losses in partition 1. */
export function randomRun(options: { faults?: number; seconds?: number; seed?: number } = {}): Scene {
  const { faults = 12, seconds = 60, seed = 7 } = options;
  const random = seededRandom(seed);
  const logs = [0, 1, 2].map((partition) => ({ broker: 1 + partition, next: 0, epoch: 0 }));
  const all = ['kafka1', 'kafka2', 'kafka3'];
  const events: Event[] = [
    ...up(NODES),
    ...phases({
      setup: 0,
      'warm-up': 6,
      faults: 9,
      recovery: 6 + seconds - 8,
      settle: 6 + seconds,
      scan: 9 + seconds,
      done: 10 + seconds,
    }),
  ];
  for (const partition of [0, 1, 2]) {
    for (const view of views(5.2, all, 1 + partition, 0, [1, 2, 3])) events.push({ ...view, partition });
  }
  const moves: { atNs: number; partition: number; back: number; broker: number }[] = [];
  for (let index = 0; index < faults; index++) {
    const from = 9 + ((seconds - 14) * index) / faults + random.float();
    const to = from + 1 + random.float() * 5;
    const node = NODES[random.int(4)]!;
    const kind = random.pick(['kill', 'pause', 'isolate', 'bisect', 'stop'] as const);
    const id = `f${index + 1}`;
    if (kind === 'isolate') {
      events.push(
        strike(
          id,
          from,
          { kind, target: 'broker', from: 'everyone', direction: random.pick(['both', 'inbound']) },
          [node.name],
          [{ from: node.name, to: 'client' }],
        ),
      );
    } else if (kind === 'bisect') {
      events.push(strike(id, from, { kind }, [], [{ from: 'kafka1', to: 'kafka3' }]));
    } else {
      events.push(strike(id, from, { kind, target: 'broker' }, [node.name]));
      events.push({
        type: 'node',
        timeNs: from * S,
        node: node.name,
        state: kind === 'pause' ? 'paused' : 'down',
      });
      events.push({ type: 'node', timeNs: to * S, node: node.name, state: 'up' });
    }
    if (index < faults - 1 || kind === 'kill') events.push(heal(id, to));
    if (node.id !== 100) {
      const partition = random.int(3);
      const log = logs[partition]!;
      const broker = 1 + random.int(3);
      log.epoch++;
      moves.push({ atNs: (from + 0.8) * S, partition, back: random.int(200), broker });
      for (const view of views(from + 0.9, all, broker, log.epoch, [1, 2, 3].slice(random.int(2)))) {
        events.push({ ...view, partition });
      }
    }
  }
  const writes = load(6 * S, (6 + seconds) * S, 400, (timeNs, worker) => {
    const partition = worker % 3;
    while (moves.length > 0 && moves[0]!.atNs <= timeNs) {
      const move = moves.shift()!;
      const log = logs[move.partition]!;
      if (log.broker !== move.broker) log.next = Math.max(0, log.next - move.back);
      log.broker = move.broker;
    }
    const chance = random.float();
    if (chance < 0.02) return { ...unknown(700), partition };
    if (chance < 0.05) return { ...refused(), partition };
    return { ...ackBy(logs[partition]!, 5 + random.int(20)), partition };
  });
  const findings: Finding[] = [];
  const lost: Write[] = [];
  for (const [low, high] of [
    [0.3, 0.36],
    [0.7, 0.71],
  ] as const) {
    const span = [(6 + seconds * low) * S, (6 + seconds * high) * S] as const;
    const group = writes.filter(
      (write) =>
        write.outcome === 'ok' &&
        write.partition === 1 &&
        write.completeNs! >= span[0] &&
        write.completeNs! <= span[1],
    );
    const offsets = group.map((write) => write.offset!);
    if (group.length === 0) continue;
    lost.push(...group);
    findings.push({
      kind: 'lost',
      loss: 'truncated',
      partition: 1,
      count: group.length,
      judgement: 'violation',
      reason: 'no fault explains it',
      blame: 'broker',
      values: 'w1 12..40',
      offsets: [Math.min(...offsets), Math.max(...offsets)],
      timeNs: [group[0]!.completeNs!, group.at(-1)!.completeNs!],
      faults: ['f1', 'f3'],
      examples: [],
    });
  }
  const run = runOf({ info: infoOf('random', 'Random faults', { partitions: 3 }), writes, events });
  return {
    run,
    losses: lossesOf(lost),
    result: resultOf(run, writes, findings, [
      'Acknowledged records are missing.',
      'No fault in force explains it.',
    ]),
  };
}

/** Ten records, one a second, no fault and no event at all: the least that anybody may ask a picture of. */
export function tinyRun(): Scene {
  const log = { broker: 1, next: 0 };
  const writes = load(0, 10 * S, 1, () => ackBy(log, 5));
  const run = runOf({ info: infoOf('tiny', 'Ten records'), writes, events: [] });
  return {
    run,
    losses: lossesOf([]),
    result: resultOf(run, writes, [], ['Nothing was tested: no fault.'], { verdict: 'inconclusive' }),
  };
}

/** Nothing happened at all. */
export function emptyRun(): Scene {
  const run = runOf({ info: infoOf('empty', 'An empty history', { nodes: [] }) });
  const result = resultOf(run, [], [], ['No write was attempted.'], { verdict: 'inconclusive' });
  return { run, result, losses: lossesOf([]) };
}

/** acks=0: no offset is told, and what is missing is known by the time it was sent only. */
export function unansweredRun(): Scene {
  const writes = load(6 * S, 20 * S, 500, () => ({
    outcome: 'sent',
    broker: 1,
    offset: null,
    error: null,
    latencyNs: 1e5,
  }));
  const run = runOf({
    info: infoOf('acks-0', 'Leader killed, acks=0', { contract: { ...CONTRACT, acks: 0 } }),
    writes,
    events: [
      ...up(NODES),
      ...phases({ setup: 0, 'warm-up': 6, faults: 9, recovery: 15, settle: 20, done: 22 }),
      strike('f1', 12, { kind: 'kill', target: 'leader' }, ['kafka1']),
      { type: 'node', timeNs: 12 * S, node: 'kafka1', state: 'down' },
    ],
  });
  const missing = writes.filter(({ completeNs }) => completeNs! >= 12 * S).slice(0, 21);
  const finding: Finding = {
    kind: 'sent-missing',
    partition: 0,
    count: missing.length,
    judgement: 'permitted',
    reason: 'acks=0 promises nothing',
    blame: 'unknown',
    values: 'w0 300',
    timeNs: [missing[0]!.completeNs!, missing.at(-1)!.completeNs!],
    examples: [],
  };
  return {
    run,
    losses: lossesOf(missing),
    result: resultOf(run, writes, [finding], ['21 records were sent and are missing.'], {
      verdict: 'invalid',
    }),
  };
}
