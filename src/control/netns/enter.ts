import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { EXIT, Failure } from '../../core/failure.ts';
import { probeNamespaces, unshareArguments } from './probe.ts';

/**
 * Into the lab: this same command starts again in private network, mount and pid namespaces.
 *
 * Three processes stand between the two: `unshare`, which makes the namespaces and ignores INT and TERM while its
 * child lives; a small shell as process 1 of the new pid namespace; and the command. Process 1 listens on a pipe whose
 * other end only the outer command holds. A line on it is a signal to pass on; its end means that the outer command is
 * gone, by whatever death. When process 1 ends, the kernel kills everything in its pid namespace, and with the last
 * process go the network namespaces and the mounts: nothing is left to be cleaned up, even after `kill -9`.
 */
const INSIDE = 'KEPT_INSIDE_LAB';

const PROCESS_ONE = `
exec 4<&3 3<&-
"$@" 4<&- &
main=$!
(
  while read -r signal <&4; do kill -s "$signal" "$main" 2>/dev/null; done
  kill -s KILL "$main" 2>/dev/null
) >/dev/null 2>&1 &
exec 4<&-
while :; do
  wait "$main"
  status=$?
  kill -0 "$main" 2>/dev/null || exit "$status"
done
`;

/** Signals that are passed on to the command inside. */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function insideLab(): boolean {
  return process.env[INSIDE] === '1';
}

/**
 * Runs this program with other arguments inside new namespaces, and resolves to its exit status.
 *
 * @param options.interactive keeps the controlling terminal, for a shell: the terminal itself then delivers Ctrl-C.
 * @throws Failure when this machine does not allow namespaces, with what would allow them.
 */
export async function enterLab(
  argv: readonly string[],
  options: { environment?: NodeJS.ProcessEnv; interactive?: boolean } = {},
): Promise<number> {
  const allowed = await probeNamespaces();
  if (!allowed.allowed) {
    throw new Failure(`No lab can be built here: ${allowed.reason}.`, {
      ...(allowed.hint !== undefined && { hint: allowed.hint }),
    });
  }
  const interactive = options.interactive === true;
  const child = spawn(
    'unshare',
    [
      ...unshareArguments(allowed.rootless),
      ...['/bin/sh', '-c', PROCESS_ONE, 'kept-lab'],
      ...[process.execPath, ...process.execArgv, process.argv[1]!, ...argv],
    ],
    {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      env: { ...(options.environment ?? process.env), [INSIDE]: '1' },
      // A session of its own: a terminal's Ctrl-C then reaches only this process, which passes it on once.
      detached: !interactive,
    },
  );
  const control = child.stdio[3] as Writable;
  // The reader may be gone already when a signal is passed on; its exit is what counts.
  control.on('error', () => undefined);
  const forwarders = FORWARDED.map((name) => {
    const forward = () => {
      if (!interactive) control.write(`${name.slice(3)}\n`);
    };
    process.on(name, forward);
    return () => process.off(name, forward);
  });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', (error) => reject(new Failure(`unshare could not be started: ${error.message}.`)));
      child.on('exit', (status, signal) => {
        if (status !== null && status < 128) resolve(status);
        else {
          const how = signal ?? (status === EXIT.interrupted ? 'SIGINT' : `status ${status}`);
          if (status === EXIT.interrupted) resolve(EXIT.interrupted);
          else
            reject(
              new Failure(`The lab ended unexpectedly (${how}).`, {
                hint: 'Decide what was recorded with "kept check".',
              }),
            );
        }
      });
    });
  } finally {
    for (const stop of forwarders) stop();
    control.destroy();
  }
}
