import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import type { Claim } from '../../checker/result.ts';
import { fork, type ChildProcess } from '../../core/child-process.ts';
import { realClock } from '../../core/clock.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import { parseProcessStat } from '../../core/process-stat.ts';
import type { Judged } from '../../report/soak/period-line.ts';
import { packRun } from '../../history/pack-run.ts';
import { judgePeriod } from './judge-period.ts';
import { collectGarbage } from './memory.ts';

/** Somebody who judges periods, one after the other. */
export interface Judge {
  /** @throws Failure where it could not be judged. */
  judge(directory: string): Promise<Judged>;
  /** Packs the history of a period. @throws Failure where it could not be done; then it is all there still. */
  pack(directory: string): Promise<void>;
  close(): void;
}

/** In this process: while it judges, nothing else happens. */
export function judgeHere(claim: Claim): Judge {
  return {
    // The memory of this process is counted already.
    judge: async (directory) => ({ ...(await judgePeriod(directory, claim)), memoryBytes: 0 }),
    pack: async (directory) => packRun(directory),
    close() {},
  };
}

/** What goes to the judging process, and what comes back. */
interface Order {
  directory: string;
  claim: Claim;
  /** What is to be done with it. */
  work: 'judge' | 'pack';
}
type Answer = { judged: Judged | null } | { failure: string };

/** Less urgent than the load whose latencies are measured meanwhile. */
const NICENESS = 5;
const SAID_MAX = 2_000;

/**
 * In a process of its own, so that the load of the next period goes on evenly meanwhile. One that dies or hangs is replaced for
 * the next period.
 * @param options.program what to start with Node; kept itself if absent.
 * @param options.lookMs how often it is looked whether it hangs.
 */
export function judgeApart(
  claim: Claim,
  { program = process.argv[1]!, lookMs = LOOK_MS }: { program?: string; lookMs?: number } = {},
): Judge {
  let child: ChildProcess | null = null;
  let before: Promise<unknown> = Promise.resolve();

  const start = () =>
    fork(program, ['judge-periods'], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], detached: true });
  // It takes a second to be there, and the first period ends later.
  child = start();

  function ask(directory: string, work: Order['work']): Promise<Judged | null> {
    return new Promise((resolve, reject) => {
      const judge = (child ??= start());
      let said = '';
      const onSaid = (text: Buffer) => (said = (said + text.toString()).slice(-SAID_MAX));
      judge.stderr?.on('data', onSaid);
      const watching = new AbortController();
      const end = () => {
        watching.abort();
        judge.stderr?.off('data', onSaid);
        judge.removeAllListeners();
      };
      const fail = (why: string) => {
        end();
        child = null;
        reject(new Failure(`the process that judges ${directory} ${why}`, { cause: said }));
      };
      judge.once('error', (error) => fail(`failed: ${messageOf(error)}`));
      judge.once('exit', (status, signal) => fail(`ended (${signal ?? `exit status ${status}`})`));
      judge.once('message', (message) => {
        end();
        const answer = message as Answer;
        if ('judged' in answer) resolve(answer.judged);
        else reject(new Failure(answer.failure));
      });
      void untilStalled(judge.pid, lookMs, watching.signal).then((isStalled) => {
        if (!isStalled) return;
        judge.kill('SIGKILL');
        fail('did nothing for too long and was ended');
      });
      judge.send({ directory, claim, work } satisfies Order, (error) => {
        if (error !== null) judge.kill('SIGKILL');
      });
    });
  }

  /** One after the other. */
  function inTurn(directory: string, work: Order['work']): Promise<Judged | null> {
    const done = before.then(() => ask(directory, work));
    before = done.catch(() => undefined);
    return done;
  }

  return {
    judge: async (directory) => (await inTurn(directory, 'judge'))!,
    async pack(directory) {
      await inTurn(directory, 'pack');
    },
    close() {
      child?.removeAllListeners();
      child?.disconnect();
      child = null;
    },
  };
}

/** Judging takes as long as it takes; one that uses no processor all the time is stopped, or waits for what never comes. */
const LOOK_MS = 10_000;
/** Looks, and not a time: where the machine sleeps nobody looks. */
const IDLE_LOOKS_MAX = 12;

/** @returns whether it has hung; false when the signal comes first, or where nothing can be seen of it. */
async function untilStalled(pid: number | undefined, lookMs: number, signal: AbortSignal): Promise<boolean> {
  let [used, idle] = [-1, 0];
  while (idle < IDLE_LOOKS_MAX) {
    await realClock().sleep(lookMs, signal);
    const now = pid === undefined ? null : usedTicks(pid);
    if (signal.aborted || now === null) return false;
    idle = now === used ? idle + 1 : 0;
    used = now;
  }
  return true;
}

function usedTicks(pid: number): number | null {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.usedTicks ?? null;
  } catch {
    return null;
  }
}

/** The other side. It ends when the process that asked is gone. */
export async function answerOrders(): Promise<void> {
  setPriority(NICENESS);
  await new Promise<void>((resolve) => {
    process.once('disconnect', resolve);
    process.on('message', (message) => {
      carryOut(message as Order).then(
        (judged) => {
          process.send!({ judged } satisfies Answer);
          collectGarbage();
        },
        (error: unknown) => process.send!({ failure: messageOf(error) } satisfies Answer),
      );
    });
  });
}

async function carryOut({ directory, claim, work }: Order): Promise<Judged | null> {
  if (work === 'judge') return judgePeriod(directory, claim);
  packRun(directory);
  return null;
}
