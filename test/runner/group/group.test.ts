import test from 'ava';
import type { GroupMember, Polled } from '../../../src/client/group-member.ts';
import type { EndOffset, Fetched } from '../../../src/client/client.ts';
import { seededRandom } from '../../../src/core/random.ts';
import { virtualClock } from '../../../src/core/virtual-clock.ts';
import type { Event } from '../../../src/history/event.ts';
import type { MemberEvent } from '../../../src/history/group.ts';
import type { Read } from '../../../src/history/write.ts';
import { startGroup } from '../../../src/runner/group/group.ts';
import { scenarioSchema, type ScenarioInput } from '../../../src/scenario/schema.ts';

/**
 * A group in virtual time, of members that share one partition: the one that joined last owns it. What is recorded is what
 * befell them.
 */
interface World {
  committed: number;
  end: number;
  /** Numbers of the living, in the order in which they joined. */
  living: number[];
  strikes: string[];
  commits: Partial<Awaited<ReturnType<GroupMember['commit']>>>[];
  polls: Partial<Polled>[];
  fetches: { error: string | null }[];
}

async function ran(
  group: ScenarioInput['group'],
  {
    loadMs = 30_000,
    settled = true,
    transactions = false,
    ...more
  }: { loadMs?: number; settled?: boolean; transactions?: boolean } & Partial<World> = {},
) {
  const clock = virtualClock();
  const world: World = {
    committed: -1,
    end: 40,
    living: [],
    strikes: [],
    commits: [],
    polls: [],
    fetches: [],
    ...more,
  };
  const events: Event[] = [];
  const reads: Pick<Read, 'scan' | 'offset'>[] = [];
  let generation = 0;

  const openMember = ({ number }: { number: number }) => {
    let position = 0;
    let stopped: Promise<void> | null = null;
    let isDead = false;
    let go = () => {};
    const alive = async (ms: number): Promise<boolean> => {
      await clock.sleep(ms);
      await stopped;
      return !isDead;
    };
    const die = () => {
      isDead = true;
      go();
      world.living = world.living.filter((each) => each !== number);
    };
    const member: GroupMember = {
      async join() {
        await clock.sleep(500);
        if (isDead) return 'CLIENT_ENDED';
        world.living.push(number);
        generation++;
        position = Math.max(0, world.committed);
        return null;
      },
      async poll(withinMs) {
        const isAlive = await alive(withinMs);
        const nothing = { error: null, records: [], assigned: [], generation, memberId: `m${number}` };
        if (!isAlive) return { ...nothing, error: 'CLIENT_ENDED' };
        const planned = world.polls.shift();
        if (planned !== undefined) return { ...nothing, ...planned };
        if (world.living.at(-1) !== number) return nothing;
        const records: Fetched[] = [];
        while (position < world.end && records.length < 2)
          records.push({ partition: 0, offset: position++, value: null });
        return { ...nothing, records, assigned: [0] };
      },
      async commit([{ offset } = { offset: 0 }]) {
        const isAlive = await alive(10);
        if (!isAlive) return { outcome: 'unknown', error: 'CLIENT_ENDED', generation: null };
        const planned = world.commits.shift();
        if (planned === undefined) world.committed = offset;
        return { outcome: 'ok', error: null, generation, ...planned };
      },
      rewind: () => Promise.resolve(null),
      async leave() {
        die();
        return null;
      },
    };
    return {
      member,
      strike(signal: string) {
        world.strikes.push(signal);
        if (signal === 'SIGKILL') die();
        else if (signal === 'SIGCONT') go();
        else
          stopped = new Promise((resolve) => {
            go = () => {
              stopped = null;
              resolve();
            };
          });
      },
      async close() {},
    };
  };

  const scenario = scenarioSchema.parse({
    consumer: { library: 'java' },
    group,
    ...(transactions && { producer: { transactions: {} } }),
  });
  const ends: EndOffset[] = [{ partition: 0, start: 0, end: world.end, broker: 1 }];
  const options = {
    world: {
      clock,
      random: seededRandom(7),
      group: {
        clientName: 'java 4.4.0',
        openMember,
        openOffsets: () => ({
          async fetch() {
            await clock.sleep(5);
            const { error = null } = world.fetches.shift() ?? {};
            const offsets = error === null ? [{ partition: 0, offset: world.committed }] : [];
            return { offsets, error, stable: true };
          },
          async close() {},
        }),
      },
      openReader: () => ({ async open() {}, endOffsets: async () => ends, async close() {} }),
    },
    scenario,
    recorder: { read: ({ scan, offset }: Read) => reads.push({ scan, offset }) },
    decode: () => ({ worker: 0, seq: 0, integrity: 'valid' }),
    abort: new AbortController().signal,
  } as unknown as Parameters<typeof startGroup>[0];
  const running = startGroup(options, {
    event: (event) => void events.push(event),
    write: () => undefined,
  });
  let readyMs = 0;
  const work = async () => {
    await running.ready();
    readyMs = clock.nowNs() / 1e6;
    await clock.sleep(loadMs);
    await running.stop(settled);
  };
  await clock.drive(work());
  const ofType = <Type extends Event['type']>(type: Type) =>
    events.filter((event): event is Extract<Event, { type: Type }> => event.type === type);
  return {
    world,
    reads,
    events,
    readyMs,
    stoppedMs: clock.nowNs() / 1e6,
    members: ofType('member'),
    commits: ofType('offset-commit'),
    fetches: ofType('offset-fetch'),
    notes: ofType('note'),
  };
}

const STILL = { members: 1, churn: null };
const told = (members: readonly MemberEvent[]) => members.map(({ what }) => what);

test('a member is handed everything, commits it after it was recorded, and leaves when it came to the end', async (t) => {
  const { reads, members, commits, fetches, world, notes, readyMs } = await ran(STILL);
  t.deepEqual(
    reads.map(({ offset }) => offset),
    Array.from({ length: 40 }, (_, offset) => offset),
  );
  t.deepEqual(told(members), ['joined', 'assigned', 'left']);
  t.like(members[1], { member: 0, scan: 2, partitions: [0], generation: 1, id: 'm2' });
  t.true(readyMs > 500 && readyMs < 2_000);
  t.is(world.committed, 40);
  t.like(commits.at(-1), {
    member: 0,
    scan: 2,
    generation: 1,
    outcome: 'ok',
    offsets: [{ partition: 0, offset: 40 }],
  });
  for (const { offsets, invokeNs } of commits) {
    const handed = reads.filter(({ offset }) => offset < offsets[0]!.offset).length;
    t.is(handed, offsets[0]!.offset, String(invokeNs));
  }
  // Before anything was committed, about once a second, and in the end.
  t.like(fetches[0], { offsets: [{ partition: 0, offset: -1 }], error: null, stable: true });
  t.like(fetches.at(-1), { offsets: [{ partition: 0, offset: 40 }], final: true });
  t.deepEqual(fetches.map(({ final }) => final === true).indexOf(true), fetches.length - 1);
  t.true(fetches.length > 25 && fetches.length < 40, String(fetches.length));
  t.deepEqual(notes, []);
});

test('what is done to members is done, each time by another life, and the group comes to the end all the same', async (t) => {
  const { members, reads, world, notes } = await ran(
    { members: 2, sessionTimeoutMs: 2_000, churn: { meanIntervalMs: 2_000, meanAwayMs: 500 } },
    { loadMs: 60_000 },
  );
  const words = new Set(told(members));
  for (const what of ['joined', 'assigned', 'killed', 'paused', 'continued', 'left'] as const)
    t.true(words.has(what), what);
  t.is(new Set(reads.map(({ offset }) => offset)).size, 40);
  t.is(world.committed, 40);
  t.deepEqual(notes, []);
  const joined = members.filter(({ what }) => what === 'joined').map(({ scan }) => scan);
  t.deepEqual(
    joined,
    Array.from({ length: joined.length }, (_, index) => index + 2),
  );
  // A killed one says nothing more, and every other life has an end.
  for (const scan of joined) {
    const life = told(members.filter((event) => event.scan === scan));
    t.true(['left', 'killed'].includes(life.at(-1)!), life.join());
    t.is(life.filter((what) => what === 'killed').length, Number(life.at(-1) === 'killed'), life.join());
  }
  t.is(
    world.strikes.filter((signal) => signal === 'SIGSTOP').length,
    members.filter(({ what }) => what === 'paused').length,
  );
});

test('the same seed does the same to the members', async (t) => {
  const churn = { members: 3, churn: { meanIntervalMs: 1_500 } };
  const [one, other] = [await ran(churn), await ran(churn)];
  t.deepEqual(one.members, other.members);
});

test('a commit that fails is no end, and what it held is committed with the next', async (t) => {
  const refused = { outcome: 'unknown', error: 'CommitFailedException' } as const;
  const { commits, members, world } = await ran(STILL, { commits: [refused, refused] });
  t.deepEqual(
    commits.slice(0, 3).map(({ outcome }) => outcome),
    ['unknown', 'unknown', 'ok'],
  );
  t.is(commits[0]!.error, 'CommitFailedException');
  t.deepEqual(told(members), ['joined', 'assigned', 'left']);
  t.is(world.committed, 40);
});

test('the generation of a commit is what it was sent with; of one that was not done, what the member believed', async (t) => {
  const { commits } = await ran(STILL, {
    commits: [{ generation: null }, { outcome: 'unknown', error: 'CommitFailedException', generation: null }],
  });
  t.deepEqual(
    commits.slice(0, 3).map(({ generation }) => generation),
    [null, 1, 1],
  );
});

test('an error of a poll is the end of a life, and another one joins', async (t) => {
  const { members, world } = await ran(STILL, { polls: [{ error: 'FencedInstanceIdException' }] });
  t.deepEqual(told(members).slice(0, 3), ['joined', 'ended', 'joined']);
  t.is(members[1]!.reason, 'FencedInstanceIdException');
  t.is(world.committed, 40);
});

test('a member that owns something else forgets what it has not committed', async (t) => {
  const record = (offset: number) => ({ partition: 0, offset, value: null });
  const { commits } = await ran(STILL, {
    polls: [
      // A commit is due with the first answer.
      { records: [], assigned: [0], generation: 1 },
      { records: [record(10), record(11)], assigned: [0], generation: 1 },
      { records: [], assigned: [], generation: 2 },
      { records: [], assigned: [0], generation: 3 },
      { records: [], assigned: [0], generation: 3 },
    ],
  });
  // It began again at what was committed: nothing.
  t.true(commits[0]!.offsets[0]!.offset < 10);
});

test('with automatic commits nothing is committed here', async (t) => {
  const { commits, members } = await ran({ ...STILL, commit: 'automatic' });
  t.deepEqual(commits, []);
  t.deepEqual(told(members), ['joined', 'assigned', 'left']);
});

test('members that do not come to the end are told of, and waited for no longer', async (t) => {
  const { notes, stoppedMs } = await ran(
    { ...STILL, sessionTimeoutMs: 6_000 },
    {
      loadMs: 1_000,
      polls: Array.from({ length: 2_000 }, () => ({ assigned: [0] })),
    },
  );
  t.is(notes.length, 1);
  t.like(notes[0], { about: 'stuck' });
  t.regex(
    notes[0]!.text,
    /^stuck-group: .* end of partition 0 within 72\.0 s after the cluster had settled\./,
  );
  t.true(stoppedMs < 80_000, String(stoppedMs));
});

test('where the log ends with a marker the members are quiet when they came to the end', async (t) => {
  const { notes, stoppedMs } = await ran(STILL, {
    loadMs: 10_000,
    transactions: true,
    polls: Array.from({ length: 2_000 }, () => ({ assigned: [0] })),
  });
  t.deepEqual(notes, []);
  t.true(stoppedMs < 20_000);
});

test('of a cluster that did not settle nothing is the last word', async (t) => {
  const { fetches } = await ran(STILL, { settled: false });
  t.true(fetches.every(({ final }) => final === undefined));
});

test('what the group has committed is asked for again where there is an error', async (t) => {
  const errors = Array.from({ length: 4 }, () => ({ error: 'COORDINATOR_NOT_AVAILABLE' }));
  const { fetches, members } = await ran(STILL, { fetches: [...errors] });
  t.deepEqual(
    fetches.slice(0, 5).map(({ error }) => error),
    [...errors.map(({ error }) => error), null],
  );
  t.true(members[0]!.timeNs > fetches[4]!.invokeNs);
});
