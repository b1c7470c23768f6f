import { join } from 'node:path/posix';
import type { Clock } from '../../core/clock.ts';
import { parseProcessStat } from '../../core/process-stat.ts';
import { freshId } from '../../core/random.ts';
import { Failure } from '../../core/failure.ts';
import type { Daemon, SpawnOptions } from '../remote.ts';
import type { Ran } from './shell.ts';
import { asFailure, type Shells } from './shells.ts';

/**
 * A small shell on the node starts the daemon, waits for its end and writes the status into a file: so how it ended is
 * known even when the connection was lost meanwhile. Both belong to a session of their own.
 */
const SUPERVISE = `
place=$1; output=$2; shift 2
( exec "$@" ) </dev/null >>"$output" 2>&1 &
echo $! >"$place/pid.new"; mv "$place/pid.new" "$place/pid"
wait $!
echo $? >"$place/status.new"; mv "$place/status.new" "$place/status"`;

/** Prints the pid of the daemon, and when the kernel started it (in ticks since boot): no other process has both. */
const SPAWN = `
place=$1; output=$2; directory=$3; supervise=$4; shift 4
: >>"$output" || exit 1
cd "$directory" || exit 1
mkdir "$place" || exit 1
setsid=; if command -v setsid >/dev/null 2>&1; then setsid=setsid; fi
$setsid sh -c "$supervise" sh "$place" "$output" "$@" </dev/null >/dev/null 2>&1 &
while [ ! -f "$place/pid" ]; do sleep 0.01 2>/dev/null || sleep 1; done
pid=$(cat "$place/pid")
echo "$pid $(cat "/proc/$pid/stat" 2>/dev/null)"`;

/** Ends when the daemon has ended, and prints its status; nothing where its supervisor is gone without a word. */
const AWAIT = `
place=$1; pid=$2
while [ ! -f "$place/status" ]; do
  if ! kill -0 "$pid" 2>/dev/null; then sleep 1; break; fi
  sleep 0.1 2>/dev/null || sleep 1
done
cat "$place/status" 2>/dev/null; :`;

/** Notes about one daemon, in the directory for them. */
const PLACE = 'kept-daemon-';
const REOPEN_MS = 500;
const KILLED = 128 + 9;

export async function shellDaemon(options: {
  name: string;
  shells: Shells;
  /** Runs a command on the node, and again where the connection was lost meanwhile. */
  repeat: (command: readonly string[]) => Promise<Ran>;
  command: readonly string[];
  spawn: SpawnOptions;
  /** A directory of the node that is there. */
  notes: string;
  clock: Clock;
}): Promise<Daemon> {
  const { name, shells, repeat, command, clock } = options;
  const { outputFile, workingDirectory = '/', environment = {} } = options.spawn;
  const place = join(options.notes, `${PLACE}${freshId()}`);
  const variables = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
  const withEnvironment = variables.length === 0 ? command : ['env', ...variables, ...command];
  const words = ['sh', '-c', SPAWN, 'sh', place, outputFile, workingDirectory, SUPERVISE, ...withEnvironment];
  const { exitStatus, stdout, stderr } = await shells
    .run(words)
    .catch((error: unknown) => Promise.reject(asFailure(name, command, error)));
  if (exitStatus !== 0) {
    const why = stderr.toString().trim().split('\n').at(-1);
    throw new Failure(`"${command[0]}" cannot be started on ${name}: ${why || `exit status ${exitStatus}`}.`);
  }
  const [, pidText = '', stat = ''] = /^(\d+) ?(.*)/.exec(stdout.toString()) ?? [];
  const pid = Number(pidText);
  const startedTicks = parseProcessStat(stat)?.startedTicks ?? null;
  let gone = false;

  async function untilExited(): Promise<{ exitStatus: number | null; signal: string | null }> {
    for (;;) {
      try {
        const { stdout: said } = await shells.run(['sh', '-c', AWAIT, 'sh', place, String(pid)]);
        gone = true;
        // Only now that the answer is here: another shell, of a connection that was lost, may wait for the same end.
        await shells.run(['rm', '-rf', place]).catch(() => undefined);
        const text = said.toString().trim();
        if (text === '') return { exitStatus: null, signal: null };
        // A shell tells a signal by a status of 128 and more, and programs use some of those themselves: 143 is what a
        // JVM returns after an orderly end. Nothing but SIGKILL gives 137.
        return Number(text) === KILLED
          ? { exitStatus: null, signal: 'SIGKILL' }
          : { exitStatus: Number(text), signal: null };
      } catch {
        // That the connection was lost says nothing of the daemon.
        if (shells.isClosed) return { exitStatus: null, signal: null };
        await clock.sleep(REOPEN_MS);
      }
    }
  }

  async function state(): Promise<string | null> {
    if (gone) return null;
    const { exitStatus: status, stdout: said } = await repeat([
      'sh',
      '-c',
      '[ -d /proc/self ] || exit 1; cat "/proc/$1/stat" 2>/dev/null || :',
      'sh',
      String(pid),
    ]);
    if (status !== 0) throw new Failure(`${name} has no /proc, so nobody can tell what its processes do.`);
    const now = parseProcessStat(said.toString());
    // A zombie has ended; another start time is another process.
    if (now === null || now.state === 'Z' || (startedTicks !== null && now.startedTicks !== startedTicks))
      return null;
    return now.state;
  }

  return {
    pid,
    exited: untilExited(),
    state,
    async signal(signalName) {
      if ((await state()) === null) return;
      const number = signalName.replace('SIG', '');
      await repeat(['sh', '-c', 'kill -s "$1" "$2" 2>/dev/null || :', 'sh', number, String(pid)]);
    },
  };
}
