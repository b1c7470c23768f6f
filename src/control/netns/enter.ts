import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { spawn } from '../../core/child-process.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import { probeNamespaces, unshareArguments } from './probe.ts';

/**
 * Into the lab: this same command starts again in private network, mount and pid namespaces.
 *
 * Three processes stand between the two: `unshare`, which makes the namespaces and ignores INT and TERM while its
 * child lives; a small shell as process 1 of the new pid namespace; and the command. Process 1 listens on a socket whose
 * other end only the outer command holds. A line on it is a signal to pass on; its end means that the outer command is
 * gone, by whatever death. When process 1 ends, the kernel kills everything in its pid namespace, and with the last
 * process go the network namespaces and the mounts: nothing is left to be cleaned up, even after `kill -9`.
 */
const INSIDE = 'KEPT_INSIDE_LAB';
/** What process 1 of a lab calls itself. */
const PROCESS_ONE_NAME = 'kept-lab';

/**
 * Descriptor 3 is the socket to the outer command; only this shell and its listener hold it. A shell gives /dev/null to
 * what it starts with "&", so the real standard input takes a way round, by descriptor 5.
 */
const PROCESS_ONE = `
echo inside >&3
exec 5<&0
"$@" <&5 3<&- 5<&- &
main=$!
exec 5<&- </dev/null >/dev/null 2>&1
(
  while read -r signal <&3; do kill -s "$signal" "$main"; done
  kill -s KILL "$main"
) &
exec 3<&-
wait "$main"
exit
`;

/** Signals that are passed on to the command inside. */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** A shell's status for a command that died of signal n is this plus n. */
const SIGNAL_STATUS = 128;
const WITHOUT_NAMESPACES =
  'Without them: --lab loopback, where nodes are processes of this machine and nothing can be cut.';
const DECIDE_HINT = 'What was recorded until then is safe: "kept check" decides from it.';

export interface EnterOptions {
  /** Default: this process's own. */
  environment?: NodeJS.ProcessEnv;
  /** Keeps the controlling terminal, for a shell: Ctrl-C is then the terminal's business, not passed on twice. */
  interactive?: boolean;
  /**
   * What runs inside is a user's own command, and every status is its answer. Otherwise a status of 128 + n means that
   * signal n killed the command inside, which is a Failure. `interactive` implies it.
   */
  anyStatus?: boolean;
  /** Told the number of `unshare`, whose only child is process 1 of the lab. */
  onStart?: (pid: number) => void;
}

/**
 * Whether this process runs inside the namespaces that `enterLab` made. An environment can be copied to anywhere, so
 * process 1 has to agree: what is done to the network and to mounts inside must never happen to the machine itself.
 */
export function insideLab(): boolean {
  return (
    process.env[INSIDE] === '1' &&
    readFileSync('/proc/1/cmdline', 'utf8').split('\0').includes(PROCESS_ONE_NAME)
  );
}

/**
 * Runs this program with other arguments inside new namespaces, and resolves to its exit status. The program inside
 * receives INT, TERM and HUP as real signals.
 *
 * @throws Failure when this machine does not allow namespaces, with what would allow them; when the program inside was
 * killed; when the lab was taken away from under it.
 */
export async function enterLab(argv: readonly string[], options: EnterOptions = {}): Promise<number> {
  const probed = await probeNamespaces();
  if (!probed.allowed) {
    throw new Failure(`No lab of namespaces can be built here: ${probed.reason}.`, {
      hint: [probed.hint, WITHOUT_NAMESPACES].filter((hint) => hint !== undefined).join('\n'),
    });
  }
  const interactive = options.interactive === true;
  const child = spawn(
    'unshare',
    [
      ...unshareArguments(probed.rootless),
      '/bin/sh',
      '-c',
      PROCESS_ONE,
      PROCESS_ONE_NAME,
      process.execPath,
      ...process.execArgv,
      process.argv[1]!,
      ...argv,
    ],
    {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      env: { ...(options.environment ?? process.env), [INSIDE]: '1' },
      // A session of its own: a terminal's Ctrl-C then reaches only this process, which passes it on once.
      detached: !interactive,
    },
  );
  if (child.pid !== undefined) options.onStart?.(child.pid);
  const control = child.stdio[3];
  if (!(control instanceof Socket)) throw new TypeError('a piped descriptor is a socket');
  let begun = false;
  control.once('data', () => (begun = true));
  // The reader may be gone already when a signal is passed on; its exit is what counts.
  control.on('error', () => undefined);

  const sent = new Set<number>();
  const forwarders = FORWARDED.filter((name) => !(interactive && name === 'SIGINT')).map((name) => {
    const forward = () => {
      sent.add(SIGNAL_STATUS + constants.signals[name]);
      control.write(`${name.slice('SIG'.length)}\n`);
    };
    process.on(name, forward);
    return () => process.off(name, forward);
  });
  const ignoreInterrupt = () => undefined;
  if (interactive) process.on('SIGINT', ignoreInterrupt);

  try {
    // "close" comes after the socket's last word, so that `begun` is final.
    const ended = await new Promise<{ status: number | null; signal: string | null }>((resolve, reject) => {
      child.on('error', (error) => reject(new Failure(`unshare could not be started: ${error.message}.`)));
      child.on('close', (status, signal) => resolve({ status, signal }));
    });
    if (ended.status === null) {
      throw new Failure(`The lab was taken away: ${ended.signal} killed unshare, which held it.`, {
        hint: DECIDE_HINT,
      });
    }
    if (!begun) {
      throw new Failure(
        `The lab's namespaces could not be made: unshare ended with status ${ended.status}.`,
        {
          hint: '"kept doctor" says what this machine allows.',
        },
      );
    }
    return statusOf(ended.status, sent, options.anyStatus ?? interactive);
  } finally {
    for (const stop of forwarders) stop();
    process.off('SIGINT', ignoreInterrupt);
    control.destroy();
  }
}

/** The answer of the command inside, unless its status says that a signal killed it. */
function statusOf(status: number, sent: ReadonlySet<number>, anyStatus: boolean): number {
  if (anyStatus || status <= SIGNAL_STATUS || status === EXIT.interrupted) return status;
  // It was asked to end before it was ready to listen.
  if (sent.has(status)) return EXIT.interrupted;
  const name = Object.entries(constants.signals).find(([, number]) => SIGNAL_STATUS + number === status)?.[0];
  const memory = name === 'SIGKILL' ? ' Was the memory too small? "dmesg" tells.' : '';
  throw new Failure(`The command inside the lab did not end by itself: ${name ?? `status ${status}`}.`, {
    hint: `${DECIDE_HINT}${memory}`,
  });
}
