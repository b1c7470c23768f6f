import { fork } from 'node:child_process';
import { messageOf } from '../core/failure.ts';
import type { Claim } from '../checker/result.ts';
import { seedsOf, trySeed, type SeedRange, type SeedReport } from '../search/sweep.ts';
import type { Bug } from '../sim/bugs.ts';

/** A share of the seeds for one process: every `of`-th, beginning with number `part`. */
interface Part {
  range: SeedRange;
  part: number;
  of: number;
  bug: Bug | null;
  claim: Claim;
}

/**
 * Tries all seeds, in this process or in several. Which process tries a seed changes nothing about it; only the
 * order in which reports arrive depends on their number.
 */
export async function shareSeeds(options: {
  range: SeedRange;
  bug: Bug | null;
  claim: Claim;
  jobs: number;
  signal: AbortSignal;
  onReport: (report: SeedReport) => void;
}): Promise<void> {
  const { range, bug, claim, signal, onReport } = options;
  const jobs = Math.min(options.jobs, Math.ceil((range.last - range.first + 1) / SEEDS_WORTH_A_PROCESS));
  if (jobs > 1) {
    const parts = Array.from({ length: jobs }, (_, part) => ({ range, part, of: jobs, bug, claim }));
    await Promise.all(parts.map((part) => delegate(part, onReport, signal)));
    return;
  }
  for (const seed of seedsOf(range)) {
    if (signal.aborted) return;
    onReport(await trySeed(seed, { bug, claim }));
  }
}

/** Starting a process takes about as long as this many seeds. */
const SEEDS_WORTH_A_PROCESS = 30;

function delegate(part: Part, onReport: (report: SeedReport) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(process.argv[1]!, ['sim-part', JSON.stringify(part)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const stop = () => child.kill('SIGKILL');
    signal.addEventListener('abort', stop, { once: true });
    child.on('message', (message) => {
      const report = message as SeedReport | Crash;
      if ('crash' in report) reject(new Error(report.crash));
      else onReport(report);
    });
    child.on('error', reject);
    child.on('exit', (status) => {
      signal.removeEventListener('abort', stop);
      if (status === 0 || signal.aborted) resolve();
      else reject(new Error(`one of the processes ended with status ${String(status)}`));
    });
  });
}

interface Crash {
  crash: string;
}

/** The other side: tries its part and reports each seed to the process that asked. */
export async function answerPart(request: string): Promise<void> {
  const { range, part, of, bug, claim } = JSON.parse(request) as Part;
  // Ctrl-C goes to every process of a terminal; the one that asked decides what it means.
  process.on('SIGINT', () => undefined);
  process.on('disconnect', () => process.exit());
  try {
    for (const seed of seedsOf(range, part, of)) await send(await trySeed(seed, { bug, claim }));
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
