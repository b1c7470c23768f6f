import fc from 'fast-check';
import type { Event } from '../../src/history/event.ts';
import { INTEGRITIES, OUTCOMES, type Read, type Write } from '../../src/history/write.ts';
import type { Contract, Damage, RunInfo } from '../../src/history/run.ts';
import type { Rows } from '../../src/history/memory.ts';

/** Histories for engines: some in which nearly all is well, and some in which everything collides with everything. */
export type Drawn = Rows & { damage: Damage[] };

const small = (max: number) => fc.integer({ min: 0, max });

export const contracts: fc.Arbitrary<Contract> = fc.record({
  acks: fc.constantFrom('all' as const, 'all' as const, 1 as const, 0 as const),
  minInsyncReplicas: fc.constantFrom(1, 2),
  replicationFactor: fc.constant(3),
  uncleanLeaderElection: fc.constantFrom(false, false, true),
  idempotence: fc.boolean(),
  clientRetries: fc.constantFrom(false, false, true),
});

const infos = fc.record({
  contract: contracts,
  dense: fc.constantFrom(false, false, true),
  workerIsSession: fc.boolean(),
  world: fc.constantFrom('real' as const, 'imported' as const),
  versions: fc.constant({ kept: 'test', kafka: '4.4.0' }),
}) satisfies fc.Arbitrary<Partial<RunInfo>>;

const damages: fc.Arbitrary<Damage[]> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Damage[]>([]) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('writes.arrow', 'reads.arrow', 'events.ndjson', 'ends.arrow')
      .map((file) => [{ file, kind: 'torn' as const, detail: 'It is torn.' }]),
  },
);

const writes = fc.array(
  fc
    .record({
      worker: small(2),
      seq: small(4),
      partition: small(1),
      invokeNs: small(20),
      tookNs: small(5),
      outcome: fc.constantFrom(...OUTCOMES),
      offset: fc.option(small(6)),
      broker: fc.option(fc.integer({ min: 1, max: 2 })),
      attempts: fc.integer({ min: 1, max: 2 }),
    })
    .map(({ tookNs, offset, ...write }): Write => ({
      ...write,
      intendedNs: 0,
      completeNs: write.invokeNs + tookNs,
      error: null,
      offset: write.outcome === 'ok' ? offset : null,
    })),
  { maxLength: 12 },
);

const reads = fc.array(
  fc.record<Read>({
    scan: small(2),
    partition: small(1),
    offset: small(6),
    worker: small(2),
    seq: small(4),
    timeNs: small(40),
    integrity: fc.constantFrom('valid', 'valid', 'valid', ...INTEGRITIES),
  }),
  { maxLength: 12 },
);

const views = fc
  .record({
    leader: fc.integer({ min: 1, max: 2 }),
    epoch: fc.option(small(3)),
    timeNs: small(30),
    partition: small(1),
  })
  .map((view): Event => ({ type: 'view', observer: 'kafka1', isr: [1, 2], ...view }));
const ends = fc
  .record({ partition: small(1), offset: small(12), invokeNs: small(60), tookNs: small(5) })
  .map(({ tookNs, ...observed }): Event => ({
    type: 'end',
    broker: -1,
    completeNs: observed.invokeNs + tookNs,
    ...observed,
  }));
const scans = fc
  .record({
    scan: small(2),
    partition: small(1),
    from: fc.constantFrom(0, 0, 0, 2),
    end: small(7),
    covered: fc.constantFrom(true, true, false),
    final: fc.constantFrom(true, true, false),
    invokeNs: fc.constantFrom(5, 30, 30),
  })
  .map((scan): Event => ({
    type: 'scan',
    name: `scan ${scan.scan}`,
    ...scan,
    completeNs: scan.invokeNs + 10 + scan.scan,
  }));
const resets = fc
  .record({ scan: small(2), partition: small(1), from: small(6), to: small(6), timeNs: small(40) })
  .map((reset): Event => ({ type: 'reset', reason: 'out of range', ...reset }));
const repetitions = fc
  .record({
    scan: small(1),
    partition: small(1),
    offset: small(6),
    sequence: small(3),
    highest: fc.integer({ min: 0, max: 5 }),
  })
  .map((repetition): Event => ({ type: 'repetition', timeNs: 100, producerId: 1, ...repetition }));
const faults = fc
  .record({ fromNs: small(30), lasts: fc.option(small(20)) })
  .map(({ fromNs, lasts }): Event[] => [
    {
      type: 'fault-start',
      id: `f${fromNs}`,
      fault: { kind: 'isolate', target: 'leader', from: 'cluster', direction: 'both' },
      requestedNs: fromNs,
      timeNs: fromNs,
      targets: ['kafka1'],
      links: [],
      evidence: 'seen',
    },
    ...(lasts === null
      ? []
      : [
          {
            type: 'fault-stop' as const,
            id: `f${fromNs}`,
            requestedNs: fromNs + lasts,
            timeNs: fromNs + lasts,
            evidence: 'seen',
          },
        ]),
  ]);

const happenings = fc
  .tuple(
    fc.array(fc.oneof(views, ends, resets, repetitions), { maxLength: 6 }),
    fc.array(faults, { maxLength: 1 }),
  )
  .map(([events, struck]) => [...events, ...struck.flat()]);

/** Any history at all. */
export const anyHistories: fc.Arbitrary<Drawn> = fc.record({
  info: infos,
  writes,
  reads,
  events: fc
    .tuple(fc.array(scans, { maxLength: 5 }), happenings)
    .map(([some, others]) => [...some, ...others]),
  damage: damages,
});

/** What goes wrong with one record of a good history. */
const MISHAPS = [
  'lost',
  'twice',
  'moved',
  'replaced',
  'foreign',
  'refused',
  'unknown',
  'unwritten',
  'early',
  'late',
  'unread',
  'skipped',
  'swapped',
  'repeated',
  'read before',
  'base offset',
] as const;

/** A history in which all is well but for a few mishaps. Several partitions; a final scan, perhaps a second, and a reader. */
export const nearlyGoodHistories: fc.Arbitrary<Drawn> = fc
  .record({
    info: infos,
    count: fc.integer({ min: 8, max: 40 }),
    workers: fc.constantFrom(1, 3, 3),
    reader: fc.boolean(),
    second: fc.boolean(),
    /** The final scan begins while writers are still at it. */
    early: fc.constantFrom(true, false, false, false, false, false, false, false),
    lagNs: fc.constantFrom(15, 600),
    /** Where one leader follows another: with acks=1 it matters what outlived it. */
    turn: fc.option(fc.integer({ min: 4, max: 30 })),
    mishaps: fc.array(
      fc.record({ at: fc.nat(39), what: fc.constantFrom(...MISHAPS), by: fc.integer({ min: 1, max: 5 }) }),
      {
        maxLength: 4,
      },
    ),
    jitter: fc.array(small(6), { minLength: 40, maxLength: 40 }),
    others: happenings,
    damage: damages,
  })
  .map(drawn);

const STEP_NS = 10;

function drawn({
  info,
  count,
  workers,
  reader,
  second,
  early,
  lagNs,
  turn,
  mishaps,
  jitter,
  others,
  damage,
}: {
  info: Partial<RunInfo>;
  count: number;
  workers: number;
  reader: boolean;
  second: boolean;
  early: boolean;
  lagNs: number;
  turn: number | null;
  mishaps: { at: number; what: (typeof MISHAPS)[number]; by: number }[];
  jitter: number[];
  others: Event[];
  damage: Damage[];
}): Drawn {
  const history: Write[] = [];
  const log = new Map<string, { worker: number; seq: number; integrity: Read['integrity'] }>();
  const place = (partition: number, offset: number) => `${partition}/${offset}`;
  const extra: Read[] = [];
  const skippedBy = new Set<string>();
  for (let index = 0; index < count; index++) {
    const [partition, offset] = [index % 2, Math.floor(index / 2)];
    const invokeNs = index * STEP_NS;
    const write: Write = {
      worker: index % workers,
      seq: Math.floor(index / workers),
      partition,
      intendedNs: invokeNs,
      invokeNs,
      completeNs: invokeNs + 1 + jitter[index]!,
      outcome: 'ok',
      error: null,
      offset,
      attempts: 1,
      broker: turn === null ? 1 + (index % 2) : index < turn ? 1 : 2,
    };
    const value = { worker: write.worker, seq: write.seq, integrity: 'valid' as const };
    log.set(place(partition, offset), value);
    for (const { at, what, by } of mishaps) {
      if (at !== index) continue;
      if (what === 'lost') log.delete(place(partition, offset));
      else if (what === 'twice') log.set(place(partition, offset + 2 * by + 20), value);
      else if (what === 'moved') {
        log.delete(place(partition, offset));
        log.set(place(partition, offset + 20 + by), value);
      } else if (what === 'replaced') log.set(place(partition, offset), { ...value, seq: value.seq + by });
      else if (what === 'foreign') log.set(place(partition, offset), { ...value, integrity: 'foreign-run' });
      else if (what === 'refused') Object.assign(write, { outcome: 'fail', offset: null, error: 'X' });
      else if (what === 'unknown') Object.assign(write, { outcome: 'info', offset: null, attempts: by });
      else if (what === 'unwritten') continue;
      else if (what === 'early')
        Object.assign(write, { invokeNs: Math.max(0, invokeNs - 7 * by * STEP_NS), attempts: by });
      else if (what === 'late')
        Object.assign(write, {
          invokeNs: invokeNs + 4 * by * STEP_NS,
          completeNs: invokeNs + 4 * by * STEP_NS + 3,
        });
      else if (what === 'unread') Object.assign(write, { completeNs: null, outcome: 'info' });
      else if (what === 'skipped') skippedBy.add(place(partition, offset));
      else if (what === 'swapped' && offset > 0) {
        const below = log.get(place(partition, offset - 1));
        if (below !== undefined) log.set(place(partition, offset), below);
        log.set(place(partition, offset - 1), value);
      } else if (what === 'repeated') history.push({ ...write, offset: offset + by });
      else if (what === 'base offset') write.offset = Math.max(0, offset - by);
      else if (what === 'read before')
        extra.push({
          scan: 1,
          partition,
          offset,
          worker: value.worker,
          seq: value.seq,
          timeNs: Math.max(1, invokeNs - by),
          integrity: 'valid',
        });
    }
    if (!mishaps.some(({ at, what }) => at === index && what === 'unwritten')) history.push(write);
  }
  const scanNs = early ? (count / 2) * STEP_NS : count * STEP_NS + 100;
  const given: Read[] = [...extra];
  const stored = [...log].map(([key, value]) => {
    const [partition, offset] = key.split('/').map(Number) as [number, number];
    return { partition, offset, ...value };
  });
  stored.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  for (const record of stored) {
    const isSkipped = skippedBy.has(place(record.partition, record.offset));
    if (reader && !isSkipped) given.push({ ...record, scan: 1, timeNs: record.offset * 2 * STEP_NS + lagNs });
    given.push({ ...record, scan: 0, timeNs: scanNs + record.offset });
    if (second) given.push({ ...record, scan: 2, timeNs: scanNs + 200 + record.offset });
  }
  const events: Event[] = [];
  for (const partition of [0, 1]) {
    if (turn !== null) {
      const view = { type: 'view' as const, partition, isr: [1, 2] };
      events.push(
        { ...view, observer: 'log:kafka1', leader: 1, epoch: 1, timeNs: 0 },
        { ...view, observer: 'log:kafka2', leader: 2, epoch: 2, timeNs: turn * STEP_NS },
      );
    }
    const end =
      1 + Math.max(-1, ...stored.filter((one) => one.partition === partition).map(({ offset }) => offset));
    const bounds = { type: 'scan' as const, partition, from: 0, end, covered: true };
    if (reader)
      events.push({
        ...bounds,
        scan: 1,
        name: 'reader',
        final: false,
        covered: false,
        invokeNs: 0,
        completeNs: scanNs,
      });
    events.push({
      ...bounds,
      scan: 0,
      name: 'final',
      final: true,
      invokeNs: scanNs,
      completeNs: scanNs + 100,
    });
    if (second)
      events.push({
        ...bounds,
        scan: 2,
        name: 'again',
        final: true,
        invokeNs: scanNs + 200,
        completeNs: scanNs + 300,
      });
  }
  history.sort((a, b) => (a.completeNs ?? Infinity) - (b.completeNs ?? Infinity));
  return { info, writes: history, reads: given, events: [...others, ...events], damage };
}
