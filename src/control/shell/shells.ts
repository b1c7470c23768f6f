import { realClock, type Clock } from '../../core/clock.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import { within } from '../../core/within.ts';
import type { ShellChannel } from './channel.ts';
import { ChannelLost, shellOn, type Ran, type Shell } from './shell.ts';

/** Some shells on one node, opened when they are needed and kept for the next command. */
export interface Shells {
  /**
   * Runs a command to its end.
   * @throws ChannelLost when the connection was lost in between; Failure when it took longer than `timeoutMs`.
   */
  run(command: readonly string[], options?: { input?: string; timeoutMs?: number }): Promise<Ran>;
  readonly isClosed: boolean;
  close(): void;
}

/** How long a command that was killed for its time may take to show that it is gone. */
const KILLED_MS = 2_000;
/** One is kept free, so that a command that takes too long can be killed from there. */
const RESERVED = 1;

export function shellsOn(options: {
  /** The node, for sentences. */
  name: string;
  openShell(): Promise<ShellChannel>;
  shellsMax: number;
  clock?: Clock;
}): Shells {
  const { name } = options;
  const clock = options.clock ?? realClock();
  const free: Shell[] = [];
  const all = new Set<Shell>();
  const waiting: (() => void)[] = [];
  let busy = 0;
  let isClosed = false;

  async function take(isUrgent: boolean): Promise<Shell> {
    const most = isUrgent ? Infinity : Math.max(1, options.shellsMax - RESERVED);
    for (;;) {
      if (busy < most) break;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    busy++;
    try {
      for (let shell = free.pop(); shell !== undefined; shell = free.pop()) {
        if (shell.lost === null) return shell;
        all.delete(shell);
      }
      if (isClosed) throw new ChannelLost(`the lab's connection to ${name} is closed`);
      const opened = shellOn(await options.openShell());
      all.add(opened);
      if (isClosed) opened.close();
      return opened;
    } catch (error) {
      release(null);
      throw error;
    }
  }

  function release(shell: Shell | null): void {
    busy--;
    if (shell !== null && shell.lost === null) free.push(shell);
    else if (shell !== null) all.delete(shell);
    waiting.shift()?.();
  }

  async function run(
    command: readonly string[],
    { input, timeoutMs }: { input?: string; timeoutMs?: number } = {},
    isUrgent = false,
  ): Promise<Ran> {
    const shell = await take(isUrgent);
    try {
      const running = shell.start(command, input);
      if (timeoutMs === undefined) return await running.done;
      const ran = await within(clock, timeoutMs, running.done);
      if (ran !== null) return ran;
      // Where its first word is still on its way, there is nothing yet that could be killed.
      await kill(await within(clock, KILLED_MS, running.pid));
      // Whatever it still says belongs to no command of ours, so the shell serves again only once that has ended.
      if ((await within(clock, KILLED_MS, running.done)) === null) shell.close();
      throw new Failure(`"${command.join(' ')}" on ${name} took longer than ${timeoutMs} ms.`);
    } finally {
      release(shell);
    }
  }

  /** Its whole group where it leads one. */
  async function kill(pid: number | null): Promise<void> {
    if (pid === null) return;
    const script = 'kill -9 "-$1" 2>/dev/null || kill -9 "$1" 2>/dev/null; :';
    await run(['sh', '-c', script, 'sh', String(pid)], {}, true).catch(() => undefined);
  }

  return {
    run: (command, runOptions) => run(command, runOptions),
    get isClosed() {
      return isClosed;
    },
    close() {
      isClosed = true;
      for (const shell of all) shell.close();
      all.clear();
    },
  };
}

/** In the words of a person who does not know of shells. */
export function asFailure(name: string, command: readonly string[], error: unknown): unknown {
  if (!(error instanceof ChannelLost)) return error;
  return new Failure(
    `The connection to ${name} was lost while "${command[0]}" was under way: ${messageOf(error)}.`,
  );
}
