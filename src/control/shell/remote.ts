import { realClock, type Clock } from '../../core/clock.ts';
import type { Remote } from '../remote.ts';
import type { ShellChannel } from './channel.ts';
import { clockOffsetOf } from './clock-offset.ts';
import { shellDaemon } from './daemon.ts';
import { shellFiles } from './files.ts';
import { ChannelLost, type Ran } from './shell.ts';
import { asFailure, shellsOn } from './shells.ts';

export interface ShellRemoteOptions {
  name: string;
  address: string;
  hostname: string;
  /** Opens one more shell on the node. Called again after a connection was lost. */
  openShell: () => Promise<ShellChannel>;
  /** At most so many shells at once, of which each daemon needs one; OpenSSH allows ten sessions a connection. */
  shellsMax: number;
  /** A directory of the node for notes about daemons, which is there; /tmp if absent. */
  notes?: string;
  /** Copies a directory of this machine to the node: `RemoteFiles.put`. */
  put: (from: string, to: string) => Promise<void>;
  clock?: Clock;
}

export interface ShellRemote extends Remote {
  /** Ends the shells. Daemons go on. */
  close(): void;
}

/** A connection that is lost so often while one thing is done is no connection. */
const REPEATS = 2;

/**
 * A node that is reached through a `/bin/sh` on it, wherever that runs. The node needs what POSIX has, and /proc: `cat`,
 * `dd`, `mkdir`, `kill`, `sleep`, `date`. A shell that is kept open runs a command in a hundredth of a second, where
 * opening a channel for it takes ten times as long.
 */
export function shellRemote(options: ShellRemoteOptions): ShellRemote {
  const { name, address, hostname } = options;
  const clock = options.clock ?? realClock();
  const shells = shellsOn(options);

  async function run(
    command: readonly string[],
    more: { input?: string; timeoutMs?: number } = {},
  ): Promise<Ran> {
    try {
      return await shells.run(command, more);
    } catch (error) {
      throw asFailure(name, command, error);
    }
  }

  /** For what may be done twice: where the connection was lost, again. */
  async function repeat(command: readonly string[], input?: string): Promise<Ran> {
    const more = input === undefined ? {} : { input };
    for (let left = REPEATS; ; left--) {
      try {
        return await shells.run(command, more);
      } catch (error) {
        if (!(error instanceof ChannelLost) || shells.isClosed || left === 0)
          throw asFailure(name, command, error);
      }
    }
  }

  return {
    name,
    address,
    hostname,
    files: shellFiles(name, repeat, options.put),
    async exec(command, more) {
      const { exitStatus, stdout, stderr } = await run(command, more);
      return { exitStatus, stdout: withoutLastBreak(stdout), stderr: withoutLastBreak(stderr) };
    },
    spawn: (command, spawn) =>
      shellDaemon({ name, shells, repeat, command, spawn, notes: options.notes ?? '/tmp', clock }),
    clockOffset: () => clockOffsetOf((command) => run(command), clock),
    close: () => shells.close(),
  };
}

/** As every `Remote` tells it: what a program prints, without the line break at its end. */
function withoutLastBreak(said: Buffer): string {
  const text = said.toString('utf8');
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}
