import type { Remote } from '../remote.ts';
import { Failure } from '../../core/failure.ts';

/**
 * A dead-man's timer on a host: a small shell that looks once a second whether this program still gives a sign of life. If
 * there was none for a while (the program was killed, the link is down), it removes the rules of the run, kills the
 * processes that the run has started there, and says so in a file. The program may come back later: then it takes
 * that file away, and the timer runs again. It counts its own seconds, so that no clock matters.
 */
export interface DeadMan {
  /** Gives a sign of life. @returns whether the timer has struck since the last one. */
  beat(): Promise<boolean>;
  /** After it has struck: it runs again from now on. */
  rearm(): Promise<void>;
  /** Undoes everything now and ends the timer; what the run has left in its place on the host is removed. */
  end(): Promise<void>;
}

export interface DeadManOptions {
  /** Runs commands on the host. */
  remote: Pick<Remote, 'exec' | 'files'>;
  /** A directory of the run's own on the host, which is there. */
  place: string;
  /** Put before a command that needs root; empty where none is needed. */
  asRoot: readonly string[];
  /** Removes the run's rules; nothing where it makes none. */
  removeRules: string | null;
  /** Files in the place, as a pattern of the shell, that must not outlive the program: its data stays for a while. */
  confidential: string | null;
  timeoutSeconds: number;
}

/** After a strike the data stays for so long, for a program that comes back. */
const KEEP_SECONDS = 600;
const TIMER = `
place=$1; limit=$2; keep=$3
trap '' HUP INT
echo $$ >"$place/timer.new"; mv "$place/timer.new" "$place/timer"
last=; quiet=0
while sleep 1; do
  [ -d "$place" ] || exit 0
  now=$(cat "$place/beat" 2>/dev/null)
  if [ -e "$place/over" ]; then
    quiet=$((quiet + 1))
    if [ "$quiet" -ge "$keep" ]; then rm -rf "$place"; exit 0; fi
    continue
  fi
  if [ "$now" != "$last" ]; then last=$now; quiet=0; continue; fi
  quiet=$((quiet + 1))
  [ "$quiet" -ge "$limit" ] || continue
  : >"$place/over"
  sh "$place/undo" "$place"
  quiet=0
done`;

/** The start of a process belongs to it as its number does: numbers are used again. */
const STARTED = `started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }`;

/** Kills what is noted and still the same process. What is started meanwhile sees that it is over, and does not begin. */
const UNDO = `
${STARTED}
while read -r pid start; do
  [ "$(started "$pid")" = "$start" ] && kill -9 "$pid"
done <"$1/pids" 2>/dev/null
`;

/** Put before a command on the host: it notes itself, unless it is over, and becomes the command. */
const NOTED = `
place=$1; shift
${STARTED}
echo "$$ $(started $$)" >>"$place/pids" || exit 1
if [ -e "$place/over" ]; then echo "the dead-man's timer of this run has struck" >&2; exit 1; fi
exec "$@"`;

/** A command that the timer kills if it has to. It keeps its pid. */
export function notedCommand(place: string, command: readonly string[]): string[] {
  return ['sh', '-c', NOTED, 'sh', place, ...command];
}

/** The shell has to be asked anew whether the timer is there: the host may have been started again. */
const BEAT = `
echo "$2" >"$1/beat" || exit 1
if [ -e "$1/over" ]; then echo over; elif [ ! -d "/proc/$(cat "$1/timer")" ]; then echo gone; fi`;

const START = `
setsid=; if command -v setsid >/dev/null 2>&1; then setsid=setsid; fi
place=$1; limit=$2; keep=$3; shift 3
rm -f "$place/timer"
$setsid "$@" sh "$place/watch" "$place" "$limit" "$keep" </dev/null >/dev/null 2>&1 &
tries=0
while [ ! -f "$place/timer" ]; do
  tries=$((tries + 1)); [ "$tries" -lt 50 ] || exit 1
  sleep 0.1 2>/dev/null || sleep 1
done`;

const REARM = `: >"$1/pids"; rm -f "$1/over"`;
/** What has just been killed may still write a last file. */
const END = `: >"$1/over"; sh "$1/undo" "$1"; rm -rf "$1" 2>/dev/null || { sleep 1; rm -rf "$1"; }`;
const COMMAND_TIMEOUT_MS = 10_000;

/** Starts the timer. It runs when this resolves. */
export async function startDeadMan(options: DeadManOptions): Promise<DeadMan> {
  const { remote, place, asRoot } = options;
  const { files } = remote;
  let beats = 0;

  async function run(
    script: string,
    words: readonly string[],
    prefix: readonly string[] = [],
  ): Promise<string> {
    const command = [...prefix, 'sh', '-c', script, 'sh', place, ...words];
    const { exitStatus, stdout, stderr } = await remote.exec(command, { timeoutMs: COMMAND_TIMEOUT_MS });
    if (exitStatus === 0) return stdout;
    throw new Failure(`The dead-man's timer does not work: ${stderr || `exit status ${exitStatus}`}`);
  }
  const start = () => run(START, [String(options.timeoutSeconds), String(KEEP_SECONDS), ...asRoot]);

  await files.write(`${place}/pids`, '');
  await files.write(`${place}/beat`, '0\n');
  const removeSecrets = options.confidential === null ? '' : `rm -f "$1"/${options.confidential}\n`;
  await files.write(`${place}/undo`, `${options.removeRules ?? ''}${UNDO}${removeSecrets}`);
  await files.write(`${place}/watch`, TIMER);
  await start();
  return {
    async beat() {
      beats++;
      const said = await run(BEAT, [String(beats)]);
      if (said === 'gone') await start();
      return said === 'over';
    },
    async rearm() {
      await run(REARM, [], asRoot);
    },
    async end() {
      await run(END, [], asRoot);
    },
  };
}
