import { Failure } from '../../core/failure.ts';
import { within } from '../../core/within.ts';
import type { Clock } from '../../core/clock.ts';
import type { Daemon, Remote } from '../../control/remote.ts';
import type { NodeInfo } from '../../history/run.ts';

/**
 * One node's process, started and struck as often as a run wants. Everything that is done to it is verified with the
 * kernel before it is said, and an end that was not asked for is told at once.
 */
export interface NodeProcess {
  readonly info: NodeInfo;
  readonly remote: Remote;
  /** Null before the first start, and once it is gone. */
  readonly pid: number | null;
  /** Starts it. It is running then, which does not mean that it answers. */
  launch(): Promise<void>;
  kill(): Promise<string>;
  stop(): Promise<string>;
  pause(): Promise<string>;
  resume(): Promise<string>;
  /** Whether the kernel says that it is stopped (SIGSTOP); false when it does not run. */
  isPaused(): Promise<boolean>;
}

export interface ProcessOptions {
  info: NodeInfo;
  remote: Remote;
  command: readonly string[];
  logFile: string;
  workingDirectory: string;
  clock: Clock;
  /** Called when it ends without having been killed or stopped here. */
  onUnexpectedExit: (how: string) => void;
}

/** SIGKILL and SIGSTOP act at once, but a process in the middle of a disk write goes only when that is done. */
const SIGNAL_TIMEOUT_MS = 10_000;
/** A controlled shutdown moves leadership away first, with three tries of some seconds each. */
const STOP_TIMEOUT_MS = 45_000;

export function nodeProcess(options: ProcessOptions): NodeProcess {
  const { info, remote, clock } = options;
  let daemon: Daemon | null = null;
  /** The one whose end has been ordered. */
  let condemned: Daemon | null = null;

  function running(): Daemon {
    if (daemon === null) throw new Failure(`${info.name} is not running`);
    return daemon;
  }

  async function end(signal: 'SIGKILL' | 'SIGTERM', timeoutMs: number): Promise<string> {
    const victim = running();
    condemned = victim;
    await victim.signal(signal);
    const gone = await within(
      clock,
      timeoutMs,
      victim.exited.then(() => true),
    );
    if (gone !== true || (await victim.state()) !== null) {
      throw new Failure(
        `${info.name} (pid ${victim.pid}) is still there ${timeoutMs / 1000} s after ${signal}`,
      );
    }
    return `pid ${victim.pid} is gone`;
  }

  /** Waits until the kernel says that the process is stopped, or that it is not. */
  async function settle(signal: 'SIGSTOP' | 'SIGCONT', stopped: boolean): Promise<string> {
    const target = running();
    await target.signal(signal);
    for (let waitedMs = 0; waitedMs <= SIGNAL_TIMEOUT_MS; waitedMs += 5) {
      const state = await target.state();
      if (state === null)
        throw new Failure(`${info.name} (pid ${target.pid}) is gone: ${signal} reached no process`);
      if ((state === 'T') === stopped)
        return `pid ${target.pid} is ${stopped ? 'stopped' : 'running'} (state ${state})`;
      await clock.sleep(5);
    }
    throw new Failure(`${info.name} (pid ${target.pid}) did not follow ${signal}`);
  }

  return {
    info,
    remote,
    get pid() {
      return daemon?.pid ?? null;
    },
    async launch() {
      if (daemon !== null) throw new Failure(`${info.name} is already running (pid ${daemon.pid})`);
      const started = await remote.spawn(options.command, {
        outputFile: options.logFile,
        workingDirectory: options.workingDirectory,
      });
      daemon = started;
      void started.exited.then(({ exitStatus, signal }) => {
        if (daemon === started) daemon = null;
        if (condemned !== started) {
          options.onUnexpectedExit(
            signal === null ? `exited with status ${exitStatus}` : `ended by ${signal}`,
          );
        }
      });
    },
    kill: () => end('SIGKILL', SIGNAL_TIMEOUT_MS),
    stop: () => end('SIGTERM', STOP_TIMEOUT_MS),
    pause: () => settle('SIGSTOP', true),
    resume: () => settle('SIGCONT', false),
    isPaused: async () => daemon !== null && (await daemon.state()) === 'T',
  };
}
