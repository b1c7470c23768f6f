import { fork, type ChildProcess } from '../core/child-process.ts';
import { messageOf } from '../core/failure.ts';
import { seedsOf, trySeed, type SeedOptions, type SeedRange, type SeedReport } from '../search/sweep.ts';

/** A share of the seeds for one process: every `of`-th, beginning with number `part`. */
interface Part {
  range: SeedRange;
  part: number;
  of: number;
  how: SeedOptions;
  /** How many seeds of the share are tried already. */
  skip: number;
}

/**
 * Tries all seeds, in this process or in several. Which process tries a seed changes nothing about it; only the
 * order in which reports arrive depends on their number.
 */
export async function shareSeeds(options: {
  range: SeedRange;
  how: SeedOptions;
  jobs: number;
  signal: AbortSignal;
  onReport: (report: SeedReport) => void;
  /** Seeds that no verdict is known of, because the process that was to try them died, and how. */
  onUntried: (seeds: readonly number[], death: string) => void;
}): Promise<void> {
  const { range, how, signal, onReport } = options;
  const jobs = Math.min(options.jobs, Math.ceil((range.last - range.first + 1) / SEEDS_WORTH_A_PROCESS));
  if (jobs > 1) {
    const parts = Array.from({ length: jobs }, (_, part) => ({ range, part, of: jobs, how, skip: 0 }));
    await Promise.all(parts.map((part) => delegate(part, options)));
    return;
  }
  for (const seed of seedsOf(range)) {
    if (signal.aborted) return;
    onReport(await trySeed(seed, how));
  }
}

/** Starting a process takes about as long as this many seeds. */
const SEEDS_WORTH_A_PROCESS = 30;

/**
 * Has other processes try a part, one after the other: where one dies, the seed that it was at is told as untried, and
 * another one goes on behind it. What was reported before stands.
 */
async function delegate(
  part: Part,
  {
    onReport,
    onUntried,
    signal,
  }: Pick<Parameters<typeof shareSeeds>[0], 'onReport' | 'onUntried' | 'signal'>,
): Promise<void> {
  let deadAtOnce = 0;
  for (let skip = 0; !signal.aborted;) {
    let reported = 0;
    const death = await tryPart({ ...part, skip }, signal, (report) => {
      reported++;
      onReport(report);
    });
    if (death === null) return;
    skip += reported;
    deadAtOnce = reported === 0 ? deadAtOnce + 1 : 0;
    const left = [...seedsOf(part.range, part.part, part.of)].slice(skip);
    const given = deadAtOnce === DEATHS_MAX ? left : left.slice(0, 1);
    if (given.length > 0) onUntried(given, death);
    skip += given.length;
    if (given.length === left.length) return;
  }
}

/** So many processes may die one after the other without a single seed: then another one would not do better. */
const DEATHS_MAX = 3;

/** @returns how the process died; null when it went to its end, or was told to stop. */
function tryPart(
  part: Part,
  signal: AbortSignal,
  onReport: (report: SeedReport) => void,
): Promise<string | null> {
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      child = fork(process.argv[1]!, ['sim-part', JSON.stringify(part)], {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
    } catch (error) {
      // What other processes found stays found.
      resolve(messageOf(error));
      return;
    }
    let cause: string | null = null;
    const stop = () => child.kill('SIGKILL');
    signal.addEventListener('abort', stop, { once: true });
    child.on('message', (message) => {
      const report = message as SeedReport | Crash;
      if ('crash' in report) cause = report.crash;
      else onReport(report);
    });
    const end = (death: string | null) => {
      signal.removeEventListener('abort', stop);
      resolve(signal.aborted ? null : death);
    };
    child.on('error', (error) => end(messageOf(error)));
    // "close" comes after the last message.
    child.on('close', (status, killedBy) => {
      if (cause !== null) end(cause);
      else if (status === 0) end(null);
      else end(killedBy === null ? `it ended with status ${String(status)}` : `${killedBy} killed it`);
    });
  });
}

interface Crash {
  crash: string;
}

/** The other side: tries its part and reports each seed to the process that asked. */
export async function answerPart(request: string): Promise<void> {
  const { range, part, of, how, skip } = JSON.parse(request) as Part;
  // Ctrl-C goes to every process of a terminal; the one that asked decides what it means.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);
  process.on('disconnect', () => process.exit());
  try {
    for (const seed of [...seedsOf(range, part, of)].slice(skip)) await send(await trySeed(seed, how));
  } catch (error) {
    await send({ crash: messageOf(error) });
  }
}

/** Waits until the message is out: what is sent faster than it is read would pile up. */
function send(message: SeedReport | Crash): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send!(message, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}
