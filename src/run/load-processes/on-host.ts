import { openSync } from 'node:fs';
import { open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { realClock } from '../../core/clock.ts';
import { clockIdentity, wallAheadNs } from '../../core/clock-identity.ts';
import { messageOf } from '../../core/failure.ts';
import { claimOn } from './claims.ts';
import {
  CLAIMS_FILE,
  decodeToLoader,
  encode,
  messageFile,
  OUTBOX_BYTES_MAX,
  outboxFile,
} from './host-files.ts';
import { Inbox } from './inbox.ts';
import { loadAsPart } from './loader.ts';
import type { FromLoader, ToLoader } from './protocol.ts';

const POLL_MS = 20;
/** How often it tells of its clock: before it is told what to do, and then, where that is not the run's own. */
const CLOCK_MS = { before: 100, later: 1_000 } as const;
const KINDS = ['open', 'begin', 'stop', 'close'] as const satisfies readonly ToLoader['kind'][];

/**
 * The program of a process that writes on another host. The lab that it was started in ends it, if the process of the run
 * does not.
 * @param directory where it finds what it is told, and writes what it has to tell.
 */
export async function loadOnHost(directory: string): Promise<void> {
  try {
    await work(directory);
  } catch (error) {
    process.stderr.write(`kept: ${messageOf(error)}\n`, () => process.exit(1));
  }
}

async function work(directory: string): Promise<void> {
  const clock = realClock();
  const over = new AbortController();
  const outbox = new HostOutbox(directory);
  const inbox = new Inbox();
  /** Until it is known whether anybody wants to know. */
  const telling: { everyMs: number | null } = { everyMs: CLOCK_MS.before };
  const tellClock = () =>
    outbox.put({ kind: 'clock', identity: clockIdentity(), wallAheadNs: wallAheadNs() });

  const polling = (async () => {
    while (!over.signal.aborted) {
      // Also those that have come: where a connection is lost a message may be written again, and it may hold secrets.
      for (const kind of KINDS) {
        const message = await receive(join(directory, messageFile(kind)));
        if (message === null) continue;
        if (message.kind === 'open')
          telling.everyMs = message.part.isClockApart === true ? CLOCK_MS.later : null;
        inbox.put(message);
      }
      await clock.sleep(POLL_MS, over.signal);
    }
  })();
  const clocking = (async () => {
    while (!over.signal.aborted && telling.everyMs !== null) {
      await tellClock();
      await clock.sleep(telling.everyMs, over.signal);
    }
  })();
  const channel = {
    tell: (message: FromLoader) => outbox.put(message),
    next: inbox.next.bind(inbox),
    close: () => over.abort(),
  };
  await loadAsPart(channel, claimOn(openSync(join(directory, CLAIMS_FILE), 'w')));
  over.abort();
  await Promise.all([polling, clocking]);
  process.exit();
}

/** A message that is whole, or null. Its file may hold secrets, and goes. */
async function receive(path: string): Promise<ToLoader | null> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null || !text.endsWith('\n')) return null;
  await rm(path);
  return decodeToLoader(text);
}

/** Lines, one after the other. */
class HostOutbox {
  readonly #directory: string;
  #number = 0;
  #bytes = 0;
  #file: FileHandle | null = null;
  #last: Promise<void> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = directory;
  }

  put(message: FromLoader): Promise<void> {
    return (this.#last = this.#last.then(() => this.#append(Buffer.from(encode(message)))));
  }

  async #append(line: Buffer): Promise<void> {
    if (this.#bytes > OUTBOX_BYTES_MAX) {
      await this.#file?.close();
      this.#file = null;
      this.#number++;
      this.#bytes = 0;
    }
    this.#file ??= await open(join(this.#directory, outboxFile(this.#number)), 'ax', 0o600);
    await this.#file.writeFile(line);
    this.#bytes += line.length;
  }
}
