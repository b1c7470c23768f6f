import { freshId } from '../../core/random.ts';
import type { ShellChannel } from './channel.ts';
import { escapedForPrintf, quoted } from './quote.ts';

/** What a command has said, byte for byte. */
export interface Ran {
  exitStatus: number;
  stdout: Buffer;
  stderr: Buffer;
}

/** A command that is under way. */
export interface Running {
  /** Rejects with `ChannelLost` when the shell ends before the command has. */
  readonly done: Promise<Ran>;
  /** The process on the node, and the group that it leads, once it has said so; null where it ended without. */
  readonly pid: Promise<number | null>;
}

/** The shell went away while a command was under way, or before it could be sent. Nobody knows what became of it. */
export class ChannelLost extends Error {
  override readonly name = 'ChannelLost';
}

/** One shell on a node. It runs one command at a time. */
export interface Shell {
  /** Null while it serves; then why it does not any more. */
  readonly lost: ChannelLost | null;
  start(command: readonly string[], input?: string): Running;
  close(): void;
}

/** What comes first on standard output, whatever a login has printed before it: the pid. */
const START = 'kept-start';
const END = 'kept-end';
const MARK_BYTES_MAX = 128;

/**
 * Commands go to the shell's standard input; a line with a mark that no output can hold ends what each of them says,
 * on both streams. Standard input of a command is empty, or the text that it is given: it never eats the next command.
 */
export function shellOn(channel: ShellChannel): Shell {
  let lost: ChannelLost | null = null;
  let current: {
    out: Collected;
    err: Collected;
    started(pid: number | null): void;
    finish(): void;
    fail(error: ChannelLost): void;
  } | null = null;

  const lose = (why: string) => {
    if (lost !== null) return;
    lost = new ChannelLost(why);
    current?.fail(lost);
    current = null;
  };
  channel.stdout.on('data', (chunk: Buffer) => {
    current?.out.add(chunk);
    const pid = current?.out.pid() ?? null;
    if (pid !== null) current?.started(pid);
    current?.finish();
  });
  channel.stderr.on('data', (chunk: Buffer) => {
    current?.err.add(chunk);
    current?.finish();
  });
  for (const stream of [channel.stdin, channel.stdout, channel.stderr])
    stream.on('error', (error: Error) => lose(error.message));
  channel.stdout.on('end', () => lose('its shell has ended'));
  channel.stdout.on('close', () => lose('its shell was closed'));

  return {
    get lost() {
      return lost;
    },

    start(command, input) {
      if (lost !== null) return { done: Promise.reject(lost), pid: Promise.resolve(null) };
      if (current !== null) throw new RangeError('a shell runs one command at a time');
      const mark = freshId();
      const out = new Collected(mark);
      const err = new Collected(mark);
      let started: (pid: number | null) => void = () => undefined;
      const pid = new Promise<number | null>((resolve) => (started = resolve));
      const done = new Promise<Ran>((resolve, reject) => {
        current = {
          out,
          err,
          started,
          finish() {
            const exitStatus = out.status();
            if (exitStatus === null || err.status() === null) return;
            current = null;
            started(out.pid());
            resolve({ exitStatus, stdout: out.said(), stderr: err.said() });
          },
          fail(error) {
            started(null);
            reject(error);
          },
        };
      });
      channel.stdin.write(script(command, input, mark));
      return { done, pid };
    },

    close() {
      lose('it was closed');
      channel.close();
    },
  };
}

/** The command leads a process group of its own where there is `setsid`, so that all of it can be killed. */
function script(command: readonly string[], input: string | undefined, mark: string): string {
  const wrapped = `$kept_setsid sh -c 'printf "${START} ${mark} %d\\n" $$; printf "${START} ${mark} %d\\n" $$ >&2; exec "$@"' sh ${quoted(command)}`;
  const fed =
    input === undefined ? `${wrapped} </dev/null` : `printf '%b' ${escapedForPrintf(input)} | ${wrapped}`;
  return [
    'kept_setsid=; if command -v setsid >/dev/null 2>&1; then kept_setsid=setsid; fi',
    fed,
    `kept_status=$?; printf '\\n${END} ${mark} %d\\n' "$kept_status"; printf '\\n${END} ${mark} %d\\n' "$kept_status" >&2`,
    '',
  ].join('\n');
}

/** What came on one stream since a command was sent: the start mark, what it said, the end mark. */
class Collected {
  readonly #mark: string;
  readonly #chunks: Buffer[] = [];
  #pid: number | null = null;

  constructor(mark: string) {
    this.#mark = mark;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
  }

  pid(): number | null {
    if (this.#pid === null) {
      const found = new RegExp(`${START} ${this.#mark} (\\d+)\n`).exec(this.#all().toString('latin1'));
      this.#pid = found === null ? null : Number(found[1]);
    }
    return this.#pid;
  }

  /** Null while the end mark has not come. */
  status(): number | null {
    let tail = Buffer.alloc(0);
    for (let index = this.#chunks.length - 1; index >= 0 && tail.length < MARK_BYTES_MAX; index--)
      tail = Buffer.concat([this.#chunks[index]!, tail]);
    const text = tail.subarray(-MARK_BYTES_MAX).toString('latin1');
    const found = new RegExp(`\n${END} ${this.#mark} (\\d+)\n$`).exec(text);
    return found === null ? null : Number(found[1]);
  }

  /** What stands between the marks. Where the command could not even be wrapped, all before the end mark. */
  said(): Buffer {
    const all = this.#all();
    const start = all.indexOf(`${START} ${this.#mark} `);
    const from = start < 0 ? 0 : all.indexOf('\n', start) + 1;
    return all.subarray(from, all.lastIndexOf(`\n${END} ${this.#mark} `));
  }

  #all(): Buffer {
    if (this.#chunks.length > 1) this.#chunks.splice(0, Infinity, Buffer.concat(this.#chunks));
    return this.#chunks[0] ?? Buffer.alloc(0);
  }
}
