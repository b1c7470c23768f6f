import { startOf } from '../../core/clock.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import { counted, listed } from '../../core/words.ts';
import { WRITES_FILE } from '../../history/layout.ts';
import { int64At, type RunInfo, type WorkerClock } from '../../history/run.ts';
import type { Write } from '../../history/write.ts';
import { partitionOfWrite } from '../../runner/load-plan.ts';
import type { Load } from '../../runner/load.ts';
import type { LoadApart } from '../../runner/run-options.ts';
import type { World } from '../../world/world.ts';
import type { Plan } from '../plan.ts';
import { Arrivals } from './arrivals.ts';
import { openClaims } from './claims.ts';
import type { Loader } from './load-process.ts';
import { opened, type Report } from './protocol.ts';
import { PATIENCE_MS, RowMerge } from './row-merge.ts';
import { sharesOf } from './shares.ts';
import { startHostLoader } from './start-host-loader.ts';
import { startLoader } from './start-loader.ts';

/** It tells twenty times a second how far it is, also where nothing happens. */
const SILENCE_MAX_MS = 30_000;
/** A process on another host that says nothing so long after its start does not run. */
const OPEN_WITHIN_MS = 60_000;
/** What a write has for an error whose process died before it told what became of it. */
const DIED = 'LOAD_PROCESS_DIED';

/**
 * The workers of a run in several processes, of this machine or on other hosts of the world. Each writes for its own workers and
 * tells this process what became of every write, in columns, twenty times a second; this one puts them in the order of time
 * and records them, so that there is one history. What it does besides (faults, readers, watching, the final scan) it does
 * alone.
 *
 * All processes of a machine have one monotonic clock; that they do is verified with each. The clock of another host is measured,
 * and how exactly is recorded. A process that dies is told, and its writes that were under way have an unknown outcome: which
 * they are stands in its claims. Where these cannot be had, rows of the history are missing, and it says so.
 *
 * @param options.program what to start with Node; kept itself if absent.
 * @param options.silenceMaxMs how long a process may say nothing before it is taken to hang, and ended.
 * @param options.openWithinMs how long one on another host may take to begin, or be out of reach before it writes.
 */
export function loadInProcesses(
  plan: Pick<Plan, 'run' | 'scenario' | 'seed' | 'directory' | 'topic' | 'processes'>,
  world: Pick<World, 'clock' | 'reach' | 'loadHosts'>,
  topic: string,
  {
    program = process.argv[1]!,
    silenceMaxMs = SILENCE_MAX_MS,
    openWithinMs = OPEN_WITHIN_MS,
  }: { program?: string; silenceMaxMs?: number; openWithinMs?: number } = {},
): LoadApart & { processes(): number[]; found(): LoadFacts } {
  const { scenario, seed } = plan;
  const { clock, reach, loadHosts = [] } = world;
  if (reach === undefined || startOf(clock) === null) {
    throw new Failure('the workers of this run cannot live in other processes', {
      hint: 'leave --processes out',
      exitStatus: EXIT.usage,
    });
  }
  const shares = sharesOf(scenario.load, plan.processes ?? 1);
  const claims = openClaims(plan.directory);
  let loaders: Loader[] = [];
  const unknown: string[] = [];

  /** Where some do not start, the others are ended. */
  async function startAll(): Promise<Loader[]> {
    const started = await Promise.allSettled(
      shares.map(async (_, index) =>
        loadHosts.length === 0
          ? startLoader(program, claims)
          : startHostLoader(loadHosts[index % loadHosts.length]!, { index, clock, openWithinMs }),
      ),
    );
    const failed = started.find((each) => each.status === 'rejected');
    const running = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    if (failed === undefined) return running;
    await Promise.all(running.map((loader) => loader.close(clock)));
    throw failed.reason;
  }

  return {
    async open() {
      loaders = await startAll();
      await Promise.all(
        loaders.map((loader, index) =>
          loader.open(
            {
              ...shares[index]!,
              run: plan.run,
              topic,
              scenario,
              seed,
              endpoint: opened(reach.endpoint),
              client: reach.client,
              connectionTimeoutMs: reach.connectionTimeoutMs,
            },
            clock,
          ),
        ),
      );
    },
    load: ({ write, event, stop }) => {
      const startNs = clock.nowNs();
      const merge = new RowMerge(
        shares.length,
        write,
        loadHosts.length === 0 ? PATIENCE_MS.here : PATIENCE_MS.otherHosts,
      );
      const arrivals = new Map(
        shares.flatMap(({ workers }) => workers.map((worker) => [worker, new Arrivals(startNs)])),
      );
      const invoked = shares.map(() => 0);
      let behindMs = 0;
      let isOver = false;
      const waiting: { count: number; resolve: () => void }[] = [];
      const total = () => invoked.reduce((sum, count) => sum + count, 0);
      const release = () => {
        for (const each of waiting.splice(0)) {
          if (isOver || total() >= each.count) each.resolve();
          else waiting.push(each);
        }
      };

      const take = (index: number, report: Report): void => {
        invoked[index] = report.invoked;
        behindMs = Math.max(behindMs, report.behindMs);
        for (const batch of report.batches) noteArrivals(batch, arrivals);
        merge.add(index, report.batches, report.untilNs);
        if (waiting.length > 0) release();
      };

      const bury = async (index: number, how: string): Promise<void> => {
        const loader = loaders[index]!;
        const { workers } = shares[index]!;
        const which = `Load process ${index + 1} of ${shares.length}${loader.place === null ? '' : ` (on ${loader.place})`}`;
        const tell = (what: string) => {
          const text = `${which} ${how}: ${workersIn(workers)} no more, and ${what}.`;
          event({ type: 'note', timeNs: clock.nowNs(), about: 'warning', text });
        };
        const ends = await Promise.all(workers.map((worker) => loader.begunBy(worker)));
        merge.add(index, [], Infinity);
        if (ends.some((end) => end === null)) {
          unknown.push(`${which} ${how}, and what it had begun last cannot be known`);
          tell('which writes were under way cannot be known');
          return;
        }
        const open = workers.flatMap((worker, at) =>
          arrivals
            .get(worker)!
            .openBelow(ends[at]!)
            .map(({ seq, notBeforeNs }) =>
              openWrite(worker, seq, partitionOfWrite(scenario, seed, worker, seq), notBeforeNs),
            ),
        );
        for (const each of open) write(each);
        tell(
          `${counted(open.length, 'write')} that ${open.length === 1 ? 'was' : 'were'} under way ${open.length === 1 ? 'has' : 'have'} an unknown outcome`,
        );
      };

      return {
        behindMs: () => behindMs,
        isBlind: () => loaders.some((loader) => loader.isOutOfReach()),
        invoked: (count) =>
          isOver || total() >= count
            ? Promise.resolve()
            : new Promise<void>((resolve) => waiting.push({ count, resolve })),
        async run() {
          const tellStop = () => loaders.forEach((loader) => loader.tell({ kind: 'stop' }));
          stop.addEventListener('abort', tellStop, { once: true });
          await Promise.all(
            loaders.map(async (loader, index) => {
              loader.tell({ kind: 'begin', startNs });
              if (stop.aborted) loader.tell({ kind: 'stop' });
              const onReport = (report: Report) => take(index, report);
              const how = await loader.follow(onReport, { clock, silenceMaxMs, stop });
              if (how === null) merge.add(index, [], Infinity);
              else await bury(index, how);
            }),
          );
          stop.removeEventListener('abort', tellStop);
          isOver = true;
          release();
        },
      } satisfies Load;
    },
    /** The numbers of those that live. */
    processes: () =>
      loaders.flatMap((loader) => (loader.isGone() || loader.pid === undefined ? [] : [loader.pid])),
    found() {
      const clocks = loaders.flatMap((loader, index): WorkerClock[] => {
        const uncertaintyNs = loader.clockUncertaintyNs();
        const { workers } = shares[index]!;
        return uncertaintyNs === 0 ? [] : [{ host: loader.place!, workers, uncertaintyNs }];
      });
      return {
        ...(clocks.length > 0 && { clocks }),
        ...(unknown.length > 0 && {
          damage: unknown.map((detail) => ({ file: WRITES_FILE, kind: 'missing' as const, detail })),
        }),
      };
    },
    async close() {
      await Promise.all(loaders.map((loader) => loader.close(clock)));
      claims.close();
    },
  };
}

/** What of a run is known only when its load has ended, and belongs into run.json. */
export type LoadFacts = Pick<RunInfo, 'clocks' | 'damage'>;

function noteArrivals(
  { length, worker, seq, invokeNs }: Report['batches'][number],
  arrivals: ReadonlyMap<number, Arrivals>,
): void {
  for (let row = 0; row < length; row++)
    arrivals.get(worker[row]!)!.arrived(int64At(seq, row), int64At(invokeNs, row));
}

/** A write that was begun, and of which nothing more is known. */
function openWrite(worker: number, seq: number, partition: number, notBeforeNs: number): Write {
  return {
    worker,
    seq,
    partition,
    // Not later than it really was: so its time accuses of nothing.
    intendedNs: notBeforeNs,
    invokeNs: notBeforeNs,
    completeNs: null,
    outcome: 'info',
    error: DIED,
    offset: null,
    attempts: 1,
    broker: null,
  };
}

function workersIn(workers: readonly number[]): string {
  return workers.length === 1
    ? `worker ${workers[0]} writes`
    : `workers ${listed(workers.map(String))} write`;
}
