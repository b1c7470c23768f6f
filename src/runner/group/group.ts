/**
 * A consumer group that reads the topic while the run goes on. Each member is a program of its own, to which the seed does
 * what happens to such: it is killed, stopped for longer than its session may last, closed, and another one joins in its place.
 * What the group has committed is asked for from outside. When the load is over and the cluster has settled, the members are left
 * alone, read to the end, and leave.
 */
import { NS_PER_MS } from '../../core/clock.ts';
import { listed, seconds } from '../../core/words.ts';
import type { EndOffset } from '../../client/client.ts';
import { TRANSACTION_CLEANUP_MS } from '../../history/transaction.ts';
import { isCopying, loadedPartitionsOf } from '../../scenario/copying.ts';
import type { MemberProcess } from '../../world/group.ts';
import { recordsInto } from '../reads.ts';
import type { RunOptions } from '../run-options.ts';
import { SCANS } from '../scan.ts';
import type { Tally } from '../tally.ts';
import { churnSteps, type ChurnStep } from './churn.ts';
import { Copier, type CopierCounts } from './copier.ts';
import { liveAsMember, type LifeControl } from './member-life.ts';
import { watchOffsets } from './offsets-watch.ts';
import { GroupReading } from './reading.ts';

/** A cluster makes the topic of offsets when it is first asked for it. */
const FIRST_OFFSETS_WITHIN_MS = 30_000;
const LAST_OFFSETS_WITHIN_MS = 20_000;
/** So long the first members may take to join before the load begins all the same. */
const JOIN_WITHIN_MS = 45_000;
/** Beside two sessions: a coordinator that is loaded, members that start, a rebalance. */
const READ_WITHIN_MS = 60_000;
/** Where markers stand at the end of a log nobody is handed the last offset: so long nothing more has come then. */
const QUIET_MS = 3_000;
const LOOK_MS = 100;
const RETRY_MS = 1_000;

export interface RunningGroup {
  /** Resolves when every partition has an owner, or when that has taken too long. */
  ready(): Promise<void>;
  /** @param settled whether the cluster has settled: what is asked for then is the last word. */
  stop(settled: boolean): Promise<void>;
}

type Options = Pick<RunOptions, 'world' | 'scenario' | 'recorder' | 'decode' | 'abort'>;

/** @param account what the run knows of itself */
export function startGroup(
  options: Options,
  { event: record, write }: Pick<Tally, 'event' | 'write'>,
): RunningGroup {
  const { world, scenario, recorder, abort } = options;
  const { clock, group: access } = world;
  const { group } = scenario;
  if (group === undefined || access === undefined) throw new TypeError('this world has no consumer group');
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, abort]);
  const offsets = access.openOffsets();
  const watch = watchOffsets({ offsets, clock, record, abort });
  const partitions = loadedPartitionsOf(scenario);
  const reading = new GroupReading(partitions);
  let lives = 0;

  /** One of the members, life after life. */
  const startMember = (member: number) => {
    let control: LifeControl | null = null;
    let awayMs = RETRY_MS;
    const counts: CopierCounts = { seq: 0, transaction: 0 };
    let kill = () => {};
    const running = (async () => {
      while (!signal.aborted) {
        const scan = SCANS.firstConsumer + lives++;
        const process = access.openMember({ member, number: scan });
        const own: LifeControl = { wish: null, isKilled: false };
        control = own;
        kill = () => {
          own.isKilled = true;
          record({ type: 'member', timeNs: clock.nowNs(), member, scan, what: 'killed' });
          process.strike('SIGKILL');
        };
        awayMs = RETRY_MS;
        await liveAsMember(
          {
            member,
            scan,
            process,
            commit: group.commit,
            clock,
            record,
            put: recordsInto(options, scan),
            ...(isCopying(scenario) && { copier: copierOf({ member, scan, process, counts }) }),
            onPolled: (polled) => reading.polled(member, polled, clock.nowNs()),
            signal,
          },
          own,
        );
        control = null;
        await clock.sleep(awayMs, signal);
      }
    })();
    return {
      running,
      /** Does nothing to one that is away. */
      strike({ kind, forMs }: ChurnStep, beforeCommit: boolean): void {
        if (control === null || control.isKilled) return;
        if (kind === 'pause') {
          control.wish ??= { kind, forMs, beforeCommit };
          return;
        }
        awayMs = forMs;
        if (kind === 'kill') kill();
        else control.wish = { kind };
      },
    };
  };

  const copierOf = (life: { member: number; scan: number; process: MemberProcess; counts: CopierCounts }) => {
    const { member, scan, process, counts } = life;
    const worker = scenario.load.workers + member;
    const producer = process.openProducer(worker);
    const copier = new Copier({
      member,
      scan,
      worker,
      partitions,
      consumer: process.member,
      producer,
      counts,
      clock,
      write,
      transaction: (row) => recorder.transaction(row),
      event: record,
    });
    return { copier, producer };
  };

  let members: ReturnType<typeof startMember>[] = [];
  const isOwned = () => reading.unowned.length === 0;
  const until = async (isSo: () => boolean, withinMs: number): Promise<boolean> => {
    const deadlineNs = clock.nowNs() + withinMs * NS_PER_MS;
    while (!isSo() && clock.nowNs() < deadlineNs && !abort.aborted) await clock.sleep(LOOK_MS, abort);
    return isSo();
  };

  const churning = new AbortController();
  const churn = async (): Promise<void> => {
    const random = world.random.fork('group');
    for (const step of churnSteps(group, random)) {
      const beforeCommit = random.float() < 0.5;
      await clock.sleep(step.afterMs, churning.signal);
      if (churning.signal.aborted) return;
      members[step.member]!.strike(step, beforeCommit);
    }
  };

  const started = (async () => {
    // What it had committed before anything happened: nothing.
    await watch.until(FIRST_OFFSETS_WITHIN_MS);
    members = Array.from({ length: group.members }, (_, member) => startMember(member));
    await until(isOwned, JOIN_WITHIN_MS);
  })();
  const following = started.then(() => watch.follow(signal));
  const churned = started.then(churn);

  const readToTheEnd = async (): Promise<void> => {
    const ends = (await endsOf(options)).filter(({ partition }) => partition < partitions);
    const withinMs = READ_WITHIN_MS + 2 * group.sessionTimeoutMs;
    const askedNs = clock.nowNs();
    const isQuiet = () => clock.nowNs() - Math.max(reading.lastNs, askedNs) >= QUIET_MS * NS_PER_MS;
    const mayHaveMarkers = scenario.producer.transactions !== undefined;
    const isRead = () => reading.short(ends).length === 0 || (mayHaveMarkers && isOwned() && isQuiet());
    if ((await until(isRead, withinMs)) || abort.aborted) return;
    const text = stuckText(reading.short(ends), reading.unowned, withinMs);
    record({ type: 'note', timeNs: clock.nowNs(), about: 'stuck', text });
  };

  const stop = async (settled: boolean): Promise<void> => {
    churning.abort();
    await started;
    await churned;
    if (settled) await readToTheEnd();
    ending.abort();
    await Promise.all(members.map(({ running }) => running));
    await following;
    if (!abort.aborted) await watch.until(lastOffsetsWithinMs(options), { isFinal: settled });
    await offsets.close();
  };
  let stopping: Promise<void> | null = null;
  return { ready: () => started, stop: (settled) => (stopping ??= stop(settled)) };
}

/** Until nothing that a copier left open can have offsets of its own any more. */
function lastOffsetsWithinMs({ scenario }: Options): number {
  if (!isCopying(scenario)) return LAST_OFFSETS_WITHIN_MS;
  return LAST_OFFSETS_WITHIN_MS + scenario.group!.transactions.timeoutMs + TRANSACTION_CLEANUP_MS;
}

/** Where the members are to come to; nowhere where that cannot be asked. */
async function endsOf({ world }: Options): Promise<EndOffset[]> {
  const reader = world.openReader();
  try {
    await reader.open();
    return await reader.endOffsets();
  } catch {
    return [];
  } finally {
    await reader.close();
  }
}

function stuckText(short: readonly number[], unowned: readonly number[], withinMs: number): string {
  const within = seconds(withinMs * NS_PER_MS);
  const whose = unowned.length === 0 ? '' : `; no member owned ${partitionsInWords(unowned)} in the end`;
  return `stuck-group: the members of the group did not come to the end of ${partitionsInWords(short)} within ${within} after the cluster had settled${whose}.`;
}

function partitionsInWords(numbers: readonly number[]): string {
  return `${numbers.length === 1 ? 'partition' : 'partitions'} ${listed(numbers)}`;
}
