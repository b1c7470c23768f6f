import { startOf, type Clock } from '../../core/clock.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import { counted, listed } from '../../core/words.ts';
import { int64At } from '../../history/run.ts';
import type { Write } from '../../history/write.ts';
import { partitionOfWrite } from '../../runner/load-plan.ts';
import type { Load } from '../../runner/load.ts';
import type { LoadApart } from '../../runner/run-options.ts';
import type { World } from '../../world/world.ts';
import type { Plan } from '../plan.ts';
import { Arrivals } from './arrivals.ts';
import { openClaims } from './claims.ts';
import { opened, type Part, type Report } from './protocol.ts';
import { RowMerge } from './row-merge.ts';
import { sharesOf } from './shares.ts';
import { startLoader, type Loader } from './start-loader.ts';

/** It tells twenty times a second how far it is, also where nothing happens. */
const SILENCE_MAX_MS = 30_000;
/** What a write has for an error whose process died before it told what became of it. */
const DIED = 'LOAD_PROCESS_DIED';

/**
 * The workers of a run in several processes of this machine. Each writes for its own workers and tells this process what
 * became of every write, in columns, twenty times a second; this one puts them in the order of time and records them, so
 * that there is one history. What it does besides (faults, readers, watching, the final scan) it does alone.
 *
 * All processes of a machine have one monotonic clock; that they do is verified with each. A process that dies is told,
 * and its writes that were under way have an unknown outcome: which they are stands in its claims.
 *
 * @param options.program what to start with Node; kept itself if absent.
 * @param options.silenceMaxMs how long a process may say nothing before it is taken to hang, and ended.
 */
export function loadInProcesses(
  plan: Pick<Plan, 'run' | 'scenario' | 'seed' | 'directory' | 'topic' | 'processes'>,
  world: Pick<World, 'clock' | 'reach'>,
  topic: string,
  {
    program = process.argv[1]!,
    silenceMaxMs = SILENCE_MAX_MS,
  }: { program?: string; silenceMaxMs?: number } = {},
): LoadApart & { processes(): number[] } {
  const { scenario, seed } = plan;
  const { clock, reach } = world;
  if (reach === undefined || startOf(clock) === null) {
    throw new Failure('the workers of this run cannot live in other processes', {
      hint: 'leave --processes out',
      exitStatus: EXIT.usage,
    });
  }
  const shares = sharesOf(scenario.load, plan.processes ?? 1);
  const claims = openClaims(plan.directory);
  let loaders: Loader[] = [];

  return {
    async open() {
      // Asked for now: the clock of a soak begins anew with each period.
      const clockStartNs = startOf(clock)!;
      loaders = shares.map(() => startLoader(program, claims.descriptor));
      await Promise.all(
        loaders.map((loader, index) => {
          const part: Part = {
            ...shares[index]!,
            run: plan.run,
            topic,
            scenario,
            seed,
            endpoint: opened(reach.endpoint),
            connectionTimeoutMs: reach.connectionTimeoutMs,
            clockStartNs,
          };
          return openLoader(loader, part, clock);
        }),
      );
    },
    load: ({ write, event, stop }) => {
      const startNs = clock.nowNs();
      const merge = new RowMerge(shares.length, write);
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

      const bury = (index: number, how: string): void => {
        merge.add(index, [], Infinity);
        const { workers } = shares[index]!;
        let open = 0;
        for (const worker of workers) {
          for (const { seq, notBeforeNs } of arrivals.get(worker)!.openBelow(claims.endOf(worker))) {
            open++;
            write(openWrite(worker, seq, partitionOfWrite(scenario, seed, worker, seq), notBeforeNs));
          }
        }
        const text = `Load process ${index + 1} of ${shares.length} ${how}: ${workersIn(workers)} no more, and ${counted(open, 'write')} that ${open === 1 ? 'was' : 'were'} under way ${open === 1 ? 'has' : 'have'} an unknown outcome.`;
        event({ type: 'note', timeNs: clock.nowNs(), about: 'warning', text });
      };

      return {
        behindMs: () => behindMs,
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
              const how = await loader.follow(onReport, { clock, silenceMaxMs });
              if (how === null) merge.add(index, [], Infinity);
              else bury(index, how);
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
    async close() {
      await Promise.all(loaders.map((loader) => loader.close(clock)));
      claims.close();
    },
  };
}

/** Resolves when its sessions are open, and its clock is known to be this process's. */
async function openLoader(loader: Loader, part: Part, clock: Clock): Promise<void> {
  const askedNs = clock.nowNs();
  loader.tell({ kind: 'open', part });
  const { nowNs } = await loader.opened();
  const toldNs = clock.nowNs();
  if (nowNs >= askedNs && nowNs <= toldNs) return;
  throw new Failure(
    `the clock of a load process is not that of this process: it read ${nowNs} ns between ${askedNs} and ${toldNs}`,
    { hint: 'the order of writes could not be judged; leave --processes out' },
  );
}

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
