import { fork } from '../../core/child-process.ts';
import { startOf } from '../../core/clock.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import type { Claims } from './claims.ts';
import { assertBetween, failureOf, silentFor, type Loader } from './load-process.ts';
import type { FromLoader } from './protocol.ts';

const CLOSE_WITHIN_MS = 4_000;
/** More than that a process that fails has not to say. */
const SAID_MAX = 2_000;

/** A process of this machine. @param claims the file in which it notes what it begins */
export function startLoader(program: string, claims: Pick<Claims, 'descriptor' | 'endOf'>): Loader {
  let child: ReturnType<typeof fork>;
  try {
    child = fork(program, ['load-part'], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', claims.descriptor],
      serialization: 'advanced',
      // A terminal's Ctrl-C reaches only the process of the run, which says what is to be done.
      detached: true,
    });
  } catch (error) {
    throw new Failure(`no process could be started for the load: ${messageOf(error)}`);
  }
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-SAID_MAX);
  });
  let receive: (message: FromLoader) => void = () => undefined;
  const early: FromLoader[] = [];
  child.on('message', (message: FromLoader) => {
    // Only what it says before it is told to write may come before somebody listens.
    if (message.kind !== 'report' && message.kind !== 'done') early.push(message);
    receive(message);
  });
  const gone = endOf(child, () => said);

  // Where it is gone, `follow` says so.
  const tell: Loader['tell'] = (message) => {
    if (child.connected) child.send(message, () => undefined);
  };

  function opened(): Promise<{ nowNs: number }> {
    return new Promise((resolve, reject) => {
      receive = (message) => {
        if (message.kind === 'opened') resolve(message);
        if (message.kind === 'failed') reject(failureOf(message));
      };
      for (const message of early) receive(message);
      void gone.then((how) => reject(new Failure(`a load process ${how} before it could write`)));
    });
  }

  return {
    place: null,
    pid: child.pid,
    isGone: () => child.exitCode !== null || child.signalCode !== null,
    tell,
    async open(part, clock) {
      // Asked for now: the clock of a soak begins anew with each period.
      const clockStartNs = startOf(clock)!;
      const askedNs = clock.nowNs();
      tell({ kind: 'open', part: { ...part, clockStartNs } });
      assertBetween(await opened(), { askedNs, toldNs: clock.nowNs() });
    },
    async follow(onReport, { clock, silenceMaxMs }) {
      const over = new AbortController();
      let heard = true;
      let wasSilent = false;
      const end = new Promise<string | null>((resolve) => {
        receive = (message) => {
          heard = true;
          if (message.kind === 'report') onReport(message);
          if (message.kind === 'done') resolve(null);
        };
        void gone.then(resolve);
      });
      void end.then(() => over.abort());
      while (!over.signal.aborted) {
        heard = false;
        await clock.sleep(silenceMaxMs, over.signal);
        if (over.signal.aborted || heard) continue;
        wasSilent = true;
        child.kill('SIGKILL');
      }
      const how = await end;
      return how !== null && wasSilent ? silentFor(silenceMaxMs) : how;
    },
    isOutOfReach: () => false,
    begunBy: async (worker) => claims.endOf(worker),
    clockUncertaintyNs: () => 0,
    async close(clock) {
      tell({ kind: 'close' });
      const closed = new AbortController();
      void gone.then(() => closed.abort());
      await clock.sleep(CLOSE_WITHIN_MS, closed.signal);
      if (!closed.signal.aborted) child.kill('SIGKILL');
      await gone;
    },
  };
}

/** Resolves when it has ended and everything that it had sent is here: how, as the end of a sentence. */
function endOf(child: ReturnType<typeof fork>, said: () => string): Promise<string> {
  return new Promise((resolve) => {
    let how: string | null = null;
    let isSilent = false;
    const settle = () => {
      if (how !== null && isSilent) resolve(how);
    };
    child.on('error', (error) => resolve(`failed (${messageOf(error)})`));
    child.on('disconnect', () => {
      isSilent = true;
      settle();
    });
    child.on('exit', (status, signal) => {
      const complaint = /^kept: (.*?)\.?$/m.exec(said())?.[1];
      const why = complaint === undefined ? '' : `: ${complaint}`;
      how = signal === null ? `ended with exit status ${status}${why}` : `was killed (${signal})`;
      settle();
    });
  });
}
