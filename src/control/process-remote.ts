import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { Failure } from '../core/failure.ts';
import type { Daemon, Remote } from './remote.ts';

/**
 * A node on this machine: a place that commands are put into by a prefix, such as `nsenter --net=…`. An empty prefix
 * is the machine itself.
 */
export function processRemote(name: string, address: string, prefix: readonly string[] = []): Remote {
  return {
    name,
    address,

    async exec(command, options = {}) {
      const [program, ...args] = [...prefix, ...command];
      const result = await execa(program!, args, {
        reject: false,
        input: options.input ?? '',
        ...(options.timeoutMs !== undefined && { timeout: options.timeoutMs }),
      });
      if (result.exitCode === undefined) {
        throw new Failure(
          `"${command.join(' ')}" on ${name} did not end well: ${result.shortMessage ?? 'no status'}.`,
        );
      }
      return { exitStatus: result.exitCode, stdout: result.stdout, stderr: result.stderr };
    },

    async spawn(command, options) {
      const [program, ...args] = [...prefix, ...command];
      const output = openSync(options.outputFile, 'a');
      const child = spawn(program!, args, {
        // A session of its own: a terminal's Ctrl-C must not reach it.
        detached: true,
        stdio: ['ignore', output, output],
        cwd: options.workingDirectory,
        env: { ...process.env, ...options.environment },
      });
      closeSync(output);
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

function daemon(child: ChildProcess): Daemon {
  const pid = child.pid!;
  return {
    pid,
    exited: new Promise((resolve) => {
      child.once('exit', (exitStatus, signal) => resolve({ exitStatus, signal }));
    }),
    signal: (name) => {
      child.kill(name);
    },
    state: async () => {
      try {
        // The name in parentheses may hold anything, even parentheses; the state follows the last one.
        const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
        return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
      } catch {
        return null;
      }
    },
  };
}
