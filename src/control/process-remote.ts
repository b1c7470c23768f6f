import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { constants, hostname } from 'node:os';
import { spawn, type ChildProcess } from '../core/child-process.ts';
import { execa } from '../core/execa.ts';
import { Failure } from '../core/failure.ts';
import { atPath } from '../core/paths.ts';
import { parseProcessStat } from '../core/process-stat.ts';
import { localFiles } from './local-files.ts';
import type { Daemon, Remote } from './remote.ts';

/**
 * A node on this machine: a place that commands are put into by a prefix, such as `nsenter --net=…`. The prefix must
 * become the command (exec), so that a daemon's pid is its own. An empty prefix is the machine itself, where daemons
 * die only by a signal.
 */
export function processRemote(name: string, address: string, prefix: readonly string[] = []): Remote {
  return {
    name,
    address,
    hostname: hostname(),
    files: localFiles,
    clockOffset: async () => ({ offsetNs: 0, uncertaintyNs: 0 }),

    async exec(command, options = {}) {
      const [program, ...args] = [...prefix, ...command];
      const running = execa(program!, args, {
        reject: false,
        // Never a socket without need: a shell that finds one there takes itself for a remote one, and reads startup files.
        ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
        // A group of its own, so that a time-out reaches what the command started too: that would hold its output open.
        detached: true,
        killSignal: 'SIGKILL',
        ...(options.timeoutMs !== undefined && { timeout: options.timeoutMs }),
      });
      running.once('exit', (_status, signal) => {
        if (signal === 'SIGKILL' && running.pid !== undefined) killGroup(running.pid);
      });
      const { exitCode, signal, stdout, stderr, timedOut, originalMessage } = await running;
      const failure = (how: string) => new Failure(`"${command.join(' ')}" on ${name} ${how}.`);
      if (timedOut) throw failure(`took longer than ${options.timeoutMs} ms`);
      if (exitCode !== undefined) return { exitStatus: exitCode, stdout, stderr };
      // As a shell says it.
      if (signal !== undefined) return { exitStatus: 128 + constants.signals[signal], stdout, stderr };
      throw failure(`cannot be started: ${originalMessage ?? 'for an unknown reason'}`);
    },

    async spawn(command, options) {
      const [program, ...args] = [...prefix, ...command];
      const output = atPath(options.outputFile, 'written', () => openSync(options.outputFile, 'a'));
      let child: ChildProcess;
      try {
        child = spawn(program!, args, {
          // A session of its own: a terminal's Ctrl-C must not reach it.
          detached: true,
          stdio: ['ignore', output, output],
          cwd: options.workingDirectory,
          env: { ...process.env, ...options.environment },
        });
      } finally {
        closeSync(output);
      }
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', (error) =>
          reject(new Failure(`"${program}" cannot be started on ${name}: ${error.message}.`)),
        );
      });
      return daemon(child);
    },
  };
}

/** A group lives as long as any member of it, even after its leader. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The leader was alone.
  }
}

function daemon(child: ChildProcess): Daemon {
  const pid = child.pid!;
  let gone = false;
  return {
    pid,
    exited: new Promise((resolve) => {
      child.once('exit', (exitStatus, signal) => {
        gone = true;
        resolve({ exitStatus, signal });
      });
    }),
    signal: async (name) => {
      child.kill(name);
    },
    state: async () => {
      // The kernel may have given its pid to another process by now.
      if (gone) return null;
      try {
        return parseProcessStat(await readFile(`/proc/${pid}/stat`, 'utf8'))?.state ?? null;
      } catch (error) {
        // That nothing could be read, say for want of descriptors, is not that the process is gone.
        const code = error instanceof Error && 'code' in error ? error.code : null;
        if (code === 'ENOENT' || code === 'ESRCH') return null;
        throw error;
      }
    },
  };
}
