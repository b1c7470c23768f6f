import type { Event } from '../../src/history/event.ts';
import type { Read, Write } from '../../src/history/write.ts';
import type { Result } from '../../src/checker/result.ts';
import {
  acked,
  consumed,
  end,
  failed,
  finalScan,
  found,
  isolated,
  leads,
  only,
  S,
  sent,
  type Story,
  unknown,
} from '../checker/story.ts';

/**
 * For each clause of the statements a history in which it alone keeps a row that matters: without the clause (or with `<=` for
 * `<`, an inner join for an outer one, a partition forgotten) the result is another one.
 */
export interface Clause {
  /** What is told. */
  name: string;
  story: Story;
  /** Whether the checker says what the story was made for. */
  says: (result: Result) => boolean;
  /** Of how many offsets a block is; 4 if absent. */
  block?: number;
  /** At least so many writes are left out; 10 if absent. */
  leftOut?: number;
}

const COUNT = 24;
const offsets = (count = COUNT) => Array.from({ length: count }, (_, offset) => offset);
/** Sent at once, and answered late: nothing is known of time but that. */
const late = (offset: number) => ({ at: 1 + offset / 1_000, until: 50 + offset / 1_000 });

interface Changes {
  count?: number;
  /** By offset: other writes than the one of value 0:OFFSET. */
  writes?: Record<number, Write | Write[] | null>;
  /** By offset: what the final scan returned there instead. */
  reads?: Record<number, Read | Read[] | null>;
  /** What readers were given, and further writes. */
  moreReads?: Read[];
  moreWrites?: Write[];
}

/** A log in which all is well, but for the changes. */
function log({ count = COUNT, writes = {}, reads = {}, moreReads = [], moreWrites = [] }: Changes) {
  const all = offsets(count).flatMap((offset) =>
    offset in writes ? (writes[offset] ?? []) : acked(`0:${offset}`, offset, late(offset)),
  );
  return {
    writes: [...all, ...moreWrites].toSorted((a, b) => a.completeNs! - b.completeNs!),
    reads: [
      ...moreReads,
      ...offsets(count).flatMap((offset) =>
        offset in reads ? (reads[offset] ?? []) : found(offset, `0:${offset}`),
      ),
    ],
  };
}

const scanned = [finalScan(COUNT)];
/** A reader that says that it read these offsets, while the run went on. */
const reader = (from = 0, to = COUNT, scan = 1, covered = true): Event =>
  finalScan(to, {
    from,
    scan,
    name: `reader ${scan}`,
    final: false,
    covered,
    invokeNs: 0,
    completeNs: 98 * S,
  });
const given = (which: readonly number[], at: (offset: number) => number = () => 60, scan = 1): Read[] =>
  which.map((offset) => consumed(offset, `0:${offset}`, { at: at(offset), scan }));
const without = (...left: number[]) => offsets().filter((offset) => !left.includes(offset));

const sequences: Event = {
  type: 'repetition',
  scan: 0,
  partition: 0,
  offset: 5,
  sequence: 1,
  highest: 3,
  timeNs: 100 * S,
  producerId: 1,
};

/** Offset 20 was acknowledged at 10 s, and below it two were sent only at 30 s. */
const overtaken: Changes = {
  writes: {
    10: acked('0:10', 10, { at: 30, until: 40 }),
    13: acked('0:13', 13, { at: 30, until: 40 }),
    20: acked('0:20', 20, { at: 1.02, until: 10 }),
  },
};

const emptyBlock: Changes = {
  writes: { 8: null, 9: null, 10: null, 11: null },
  reads: { 8: null, 9: null, 10: null, 11: null },
};

/** The second one in a partition of its own, by workers of its own. */
function together(first: Story, second: Story): Story {
  const writes = (second.writes ?? []).map((write) => ({ ...write, partition: 1, worker: write.worker + 5 }));
  const reads = (second.reads ?? []).map((read) => ({ ...read, partition: 1, worker: read.worker! + 5 }));
  const events = (second.events ?? []).map((event): Event =>
    'partition' in event ? { ...event, partition: 1 } : event,
  );
  return {
    writes: [...(first.writes ?? []), ...writes].toSorted((a, b) => a.completeNs! - b.completeNs!),
    reads: [...(first.reads ?? []), ...reads],
    events: [...(first.events ?? []), ...events],
  };
}

export const CLAUSES: readonly Clause[] = [
  {
    name: 'two values of one worker, and two with one number, change places inside a block',
    story: {
      ...log({
        writes: { 9: acked('1:8', 9, late(9)) },
        reads: {
          4: found(4, '0:5'),
          5: found(5, '0:4'),
          8: found(8, '1:8'),
          9: found(9, '0:8'),
        },
      }),
      events: scanned,
    },
    says: ({ counts }) => counts.misplaced === 4,
  },
  {
    name: 'records whose value cannot be relied on stand in the place of what was written',
    story: {
      ...log({ reads: { 5: found(5, '0:5', { integrity: 'mismatched' }), 9: found(9, null) } }),
      events: scanned,
    },
    says: ({ counts }) => counts.lost === 2 && counts.phantom === 2,
  },
  {
    name: 'a value was written twice, and stands wherever it was acknowledged',
    story: {
      ...log({ writes: { 13: acked('0:5', 13, late(13)) }, reads: { 13: found(13, '0:5') } }),
      events: scanned,
    },
    says: ({ counts, verdict }) => counts.attempted === COUNT - 1 && verdict === 'inconclusive',
  },
  {
    name: 'a write of unknown outcome names the offset at which it is found',
    story: { ...log({ writes: { 5: { ...unknown('0:5', late(5)), offset: 5 } } }), events: scanned },
    says: ({ counts }) => counts.info === 1 && counts['info-found'] === 1,
  },
  {
    name: 'an offset inside a block is empty',
    story: {
      ...log({ writes: { 5: null }, reads: { 5: null } }),
      info: { dense: true },
      events: scanned,
    },
    says: ({ counts }) => counts['unexplained-offset'] === 1,
  },
  {
    name: 'a second attempt of a record that is in place explains an empty offset',
    story: {
      ...log({
        writes: { 3: acked('0:3', 3, { ...late(3), attempts: 2 }), 4: null },
        reads: { 4: null },
      }),
      info: { dense: true },
      events: scanned,
    },
    says: ({ counts, verdict }) => counts['unexplained-offset'] === 0 && verdict === 'valid',
  },
  {
    name: 'an answer from before its question tells when something was known above an empty offset',
    story: {
      ...log({
        writes: { 4: null, 5: acked('0:5', 5, { at: 10, until: 9 }) },
        reads: { 4: null },
        moreWrites: [unknown('1:0', { at: 20 })],
      }),
      info: { dense: true },
      events: scanned,
    },
    says: ({ counts }) => counts['unexplained-offset'] === 1,
  },
  {
    name: 'a reader goes back inside a block',
    story: {
      ...log({
        moreReads: [0, 1, 2, 3, 5, 4, ...offsets().slice(6)].map((offset, at) =>
          consumed(offset, `0:${offset}`, { at: 60 + at / 10 }),
        ),
      }),
      events: [...scanned, reader()],
    },
    says: ({ counts }) => counts['non-monotonic-read'] === 1,
    leftOut: 0,
  },
  {
    name: 'a reader goes back by a block',
    story: {
      ...log({
        moreReads: [4, 5, 6, 7, 0, 1, 2, 3, ...offsets().slice(8)].map((offset, at) =>
          consumed(offset, `0:${offset}`, { at: 60 + Math.floor(at / 4) }),
        ),
      }),
      events: [...scanned, reader()],
    },
    says: ({ counts }) => counts['non-monotonic-read'] === 4,
    leftOut: 0,
  },
  {
    name: 'what one reader was given twice does not stand for what another one skipped',
    story: {
      ...log({ moreReads: [...given([0, 1, 2, 3, 9, 9, 21]), ...given(without(9), () => 60, 2)] }),
      events: [...scanned, reader(0, 4), reader(0, COUNT, 2)],
    },
    says: ({ counts }) => counts.skipped === 1,
    leftOut: 0,
  },
  {
    name: 'a reader leaves out a whole block',
    story: { ...log({ moreReads: given(without(8, 9, 10, 11)) }), events: [...scanned, reader()] },
    says: ({ counts }) => counts.skipped === 4,
  },
  {
    name: 'a reader that begins in the middle of a block leaves out its first offsets',
    story: { ...log({ moreReads: given(offsets().slice(12)) }), events: [...scanned, reader(10)] },
    says: ({ counts }) => counts.skipped === 2,
  },
  {
    name: 'a reader that ends in the middle of a block leaves out its last offsets',
    story: { ...log({ moreReads: given(offsets(8)) }), events: [...scanned, reader(0, 10)] },
    says: ({ counts }) => counts.skipped === 2,
  },
  {
    name: 'of an unfinished reader the highest offset tells what it went past',
    story: {
      ...log({
        writes: { 2: acked('0:2', 2, { at: 1.9, until: 50.002 }) },
        moreReads: given(without(5).slice(0, 13)),
      }),
      events: [...scanned, reader(0, COUNT, 1, false)],
    },
    says: ({ counts }) => counts.skipped === 1,
    leftOut: 8,
  },
  {
    name: 'below where the deciding scan began only a reader was given anything',
    story: {
      ...log({
        reads: Object.fromEntries(offsets(8).map((offset) => [offset, null])),
        moreReads: given(without(6)),
      }),
      events: [finalScan(COUNT, { from: 8 }), reader()],
    },
    says: ({ counts }) => counts.unread === 8,
    leftOut: 8,
  },
  {
    name: 'a whole block of records that nobody wrote',
    story: {
      ...log({
        writes: { 8: null, 9: null, 10: null, 11: null },
        reads: Object.fromEntries([8, 9, 10, 11].map((offset) => [offset, found(offset, `3:${offset}`)])),
      }),
      events: scanned,
    },
    says: ({ counts }) => counts.phantom === 4,
  },
  {
    name: 'a reader of which no scan tells was given another record',
    story: {
      ...log({
        moreReads: [consumed(5, '0:6', { scan: 7 }), consumed(21, '0:21', { scan: 7 })],
      }),
      events: scanned,
    },
    says: ({ counts }) => counts.divergent === 1,
  },
  {
    name: 'a record was read before it was sent, and that alone',
    story: {
      ...log({
        writes: { 9: acked('0:9', 9, { at: 30, until: 50.009 }) },
        moreReads: given(offsets(), (offset) => (offset <= 9 ? 20 : 60)),
      }),
      events: [...scanned, reader()],
    },
    says: ({ counts, verdict }) => counts.reordered === 0 && verdict === 'inconclusive',
  },
  {
    name: 'a copy below was sent after something above it was known',
    story: {
      ...log({
        writes: {
          5: null,
          12: acked('0:12', 12, { at: 1.012, until: 10 }),
          20: acked('0:20', 20, { at: 30, until: 50.02 }),
        },
        reads: { 5: found(5, '0:20') },
      }),
      events: scanned,
    },
    says: ({ counts }) => counts.duplicate === 1 && counts.reordered === 1,
  },
  {
    name: 'a misplaced record was sent after something above it was known',
    story: {
      ...log({
        writes: {
          5: null,
          12: acked('0:12', 12, { at: 1.012, until: 10 }),
          20: acked('0:20', 20, { at: 30, until: 50.02 }),
        },
        reads: { 5: found(5, '0:20'), 20: null },
      }),
      events: scanned,
    },
    says: ({ counts }) => counts.misplaced === 1 && counts.reordered === 1,
  },
  ...[
    { what: 'of unknown outcome', write: unknown('1:0', { at: 30, until: 40 }) },
    { what: 'that was acknowledged without an offset', write: acked('1:0', null, { at: 30, until: 40 }) },
  ].map(({ what, write }) => ({
    name: `a write ${what} is found, and was sent after something above it was known`,
    story: {
      ...log({
        writes: { 5: null, 12: acked('0:12', 12, { at: 1.012, until: 10 }) },
        reads: { 5: found(5, '1:0') },
        moreWrites: [write],
      }),
      events: scanned,
    },
    says: ({ counts }: Result) => counts.reordered === 1,
  })),
  {
    name: 'an end offset that was asked for later is not behind the last records',
    story: {
      ...log({ writes: { 2: acked('0:2', 2, { at: 1.9, until: 50.002 }) } }),
      events: [...scanned, end(10, 40), end(22, 60)],
    },
    says: ({ counts }) => counts.reordered === 1,
  },
  {
    name: 'an end offset that was given earlier is behind the last record but one',
    story: {
      ...log({ writes: { 22: acked('0:22', 22, { at: 30, until: 50.022 }) } }),
      events: [...scanned, end(23, 20), end(24, 70)],
    },
    says: ({ counts }) => counts.reordered === 1,
  },
  {
    name: 'a reader knew of a record before the one below it, of the same block, was sent',
    story: {
      ...log({
        writes: { 10: acked('0:10', 10, { at: 30, until: 50.01 }) },
        // When it was given the ones below is not known.
        moreReads: given(offsets(), (offset) => (offset <= 10 ? 0 : 20)),
      }),
      events: [...scanned, reader()],
    },
    says: ({ counts }) => counts.reordered === 1,
  },
  {
    name: 'of several that were sent last, the lowest that is there is named',
    story: {
      ...log({
        writes: { ...overtaken.writes, 6: acked('0:6', 6, { at: 30, until: 40 }) },
        reads: { 6: found(6, '0:60') },
      }),
      events: scanned,
    },
    says: (result) => only(result, 'reordered').examples[0]!.value === 'w0:10',
  },
  {
    name: 'beyond the end that it was told, the deciding scan returned records out of the order of time',
    story: {
      ...log({
        count: 28,
        writes: {
          25: acked('0:25', 25, { at: 30, until: 50.025 }),
          26: acked('0:26', 26, { at: 1.026, until: 10 }),
        },
      }),
      events: scanned,
    },
    says: ({ counts }) => counts.reordered === 1,
  },
  {
    name: 'what was sent last is asked of each partition by itself',
    story: together(
      { ...log(overtaken), events: scanned },
      { ...log({ writes: { 3: acked('0:3', 3, { at: 35, until: 50.003 }) } }), events: scanned },
    ),
    says: (result) => only(result, 'reordered').examples[0]!.value === 'w0:10',
  },
  {
    name: 'a whole block is empty in one partition and not in the other one',
    story: {
      ...together(
        { ...log(emptyBlock), events: scanned },
        { ...log({ count: 12 }), events: [finalScan(12)] },
      ),
      info: { dense: true },
    },
    says: ({ counts }) => counts['unexplained-offset'] === 4,
  },
  {
    name: 'what was known first above an empty offset is asked of each partition by itself',
    story: {
      ...together(
        {
          ...log({
            writes: { 4: null, 20: acked('0:20', 20, { at: 1.02, until: 10 }) },
            reads: { 4: null },
            moreWrites: [unknown('1:0', { at: 20 })],
          }),
          events: scanned,
        },
        {
          ...log({ count: 28, writes: { 26: acked('0:26', 26, { at: 1.026, until: 5 }) } }),
          events: [finalScan(28)],
        },
      ),
      info: { dense: true },
    },
    says: ({ counts }) => counts['unexplained-offset'] === 1,
  },
  {
    name: 'the first answer that was recorded too late, and the latest before it, speak against the clock',
    story: clockStory(),
    says: ({ counts, verdict, doubts }) =>
      counts.reordered === 0 && verdict === 'inconclusive' && /45\.0+ s|45 s/.test(JSON.stringify(doubts)),
  },
  {
    name: 'the numbers of a producer go back at an offset that is plain',
    story: {
      ...log({}),
      info: { world: 'real', workerIsSession: false },
      events: [...scanned, sequences],
    },
    says: ({ counts }) => counts['producer-order'] === 1,
  },
  {
    name: 'a fault lasts for a moment in which one write was begun',
    story: {
      ...log({ writes: { 9: acked('0:9', 9, { at: 5, until: 50.009 }) } }),
      events: [...scanned, ...isolated('fault-1', 5, 5)],
    },
    says: ({ verdict }) => verdict === 'valid',
  },
  {
    name: 'a fault that never ends begins when the last write is begun',
    story: {
      ...log({ writes: { 9: acked('0:9', 9, { at: 5, until: 50.009 }) } }),
      events: [...scanned, ...isolated('fault-1', 5, null)],
    },
    says: ({ verdict }) => verdict === 'valid',
  },
  {
    name: 'writes were begun shortly before a fault and shortly after it, and one during it',
    story: {
      ...log({
        writes: {
          3: acked('0:3', 3, { at: 5.6, until: 50.003 }),
          9: acked('0:9', 9, { at: 5.2, until: 50.009 }),
          14: acked('0:14', 14, { at: 5.4, until: 50.014 }),
        },
      }),
      events: [...scanned, ...isolated('fault-1', 5.3, 5.5)],
    },
    says: ({ verdict }) => verdict === 'valid',
  },
  {
    name: 'with acks=1, what outlived a loss was acknowledged by a leader that had been replaced',
    story: zombieStory(),
    says: (result) => only(result, 'lost').judgement === 'violation',
    leftOut: 4,
  },
  {
    name: 'of a producer’s sessions, the latest of those that were sent last in the same one is named',
    story: sessionsStory(),
    says: (result) => /w0:22 was sent only/.test(JSON.stringify(only(result, 'producer-order').examples)),
  },
  {
    name: 'a reader knew first of what stands above an empty offset',
    story: {
      ...log({
        writes: { 4: null },
        reads: { 4: null },
        moreReads: given(without(4), (offset) => (offset <= 20 ? 10 : 60)),
        moreWrites: [unknown('1:0', { at: 20 })],
      }),
      info: { dense: true },
      events: [...scanned, reader()],
    },
    says: ({ counts }) => counts['unexplained-offset'] === 1,
  },
  {
    name: 'a client reported the offset of its batch, and records with their own stand between',
    story: {
      ...log({ writes: { 7: acked('0:7', 4, late(7)) } }),
      info: { world: 'imported', workerIsSession: false },
      events: scanned,
    },
    says: (result) => only(result, 'misplaced').judgement === 'permitted',
    leftOut: 0,
  },
];

/** Answers of 45 s and of 44 s were recorded after all others. */
function clockStory(): Story {
  const { writes, reads } = log(overtaken);
  const isLate = ({ offset }: Write) => offset === 16 || offset === 17;
  const lateOnes = writes.filter(isLate).map((write) => ({
    ...write,
    completeNs: (write.offset === 16 ? 45 : 44) * S,
  }));
  return { writes: [...writes.filter((write) => !isLate(write)), ...lateOnes], reads, events: scanned };
}

/**
 * Broker 2 leads since 3.5 s, and broker 1, which does not know it, goes on, and leads again since 9.5 s. Offset 4 is gone, and
 * offset 5 is there; of offset 6, which was sent twice, nothing follows.
 */
function zombieStory(): Story {
  const { writes, reads } = log({ count: 12, reads: { 4: null } });
  const brokerOf = (offset: number) => (offset <= 6 || offset >= 9 ? 1 : 2);
  return {
    contract: { acks: 1 },
    writes: writes.map((write) => ({
      ...write,
      invokeNs: (1 + write.offset!) * S,
      completeNs: (1.1 + write.offset!) * S,
      broker: brokerOf(write.offset!),
      attempts: write.offset === 6 ? 2 : 1,
    })),
    reads,
    events: [
      leads(1, 0, 0, { startOffset: 0 }),
      leads(2, 1, 3.5, { startOffset: 7 }),
      leads(1, 2, 9.5, { startOffset: 9 }),
      finalScan(12),
    ],
    claim: 'contract',
  };
}

/**
 * In the second of three sessions offset 30 was sent, as soon as it began, before offsets 20 and 22; offset 23 is of the third one.
 * Neither what was only sent nor another worker's failure ends a session.
 */
function sessionsStory(): Story {
  const sentAt: Record<number, number> = { 20: 70, 22: 70, 23: 90, 30: 50 };
  const { writes, reads } = log({ count: 40 });
  return {
    info: { world: 'imported' },
    writes: [
      failed('0:100', { at: 48, until: 50 }),
      sent('0:101', { at: 51, until: 64 }),
      failed('1:100', { at: 60, until: 65 }),
      failed('0:102', { at: 74, until: 75 }),
      ...writes.map((write) => ({
        ...write,
        invokeNs: (sentAt[write.offset!] ?? 10 + write.offset! / 10) * S,
        completeNs: (100 + write.offset! / 1_000) * S,
      })),
    ],
    reads: reads.map((read) => ({ ...read, timeNs: 200 * S })),
    events: [finalScan(40, { invokeNs: 199 * S, completeNs: 201 * S })],
  };
}
