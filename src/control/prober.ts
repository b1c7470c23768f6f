import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { spawn } from '../core/child-process.ts';
import { realClock, type Clock } from '../core/clock.ts';
import { messageOf } from '../core/failure.ts';
import type { Probe } from './net.ts';

/**
 * Probes from one place of the network, by a process of its own that was started there (`prober.js`). What goes wrong
 * with that process is `no-observation`, with its exit status and what it said on standard error; the next question
 * starts another one.
 */
export interface Prober {
  /**
   * Never rejects.
   * @param word what the peer says first, where something else may accept or refuse in its place. Only this word
   * connects then, and the detail is what follows it.
   */
  probe(address: string, port: number, timeoutMs: number, word?: string): Promise<Probe>;
}

/** The program, as a file of this machine. */
export const PROGRAM = fileURLToPath(new URL('prober.js', import.meta.url));
/** How much longer than the probe itself the process may take to answer. The first question also waits for its start. */
const ANSWER_MARGIN_MS = 3_000;
/** So much of what the process says on standard error is kept. */
const STDERR_CHARS_MAX = 500;

/** The prober's program, at its place: it answers lines with lines. */
export interface ProberProcess {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  /** How it ended, or why it could not begin: "ended with status 1". */
  ended: Promise<string>;
}

export interface ProberOptions {
  /** Starts the program at the place to probe from; called again after it has ended. */
  start: () => ProberProcess | Promise<ProberProcess>;
  clock?: Clock;
  answerMarginMs?: number;
}

interface Running {
  process: ProberProcess;
  pending: Map<number, (probe: Probe) => void>;
}

/**
 * The prober's program as a process of this machine.
 * @param prefix what to put before a command so that it runs at the place: none for the place of this process.
 * @param command what to run there; the prober's own program if absent.
 */
export function localProber(
  prefix: readonly string[] = [],
  command: readonly string[] = [process.execPath, PROGRAM],
): () => ProberProcess {
  return () => {
    const [program, ...args] = [...prefix, ...command];
    const child = spawn(program!, args, {
      // Nothing of the user's environment: NODE_OPTIONS, BASH_ENV and their like would change what a probe does.
      env: { PATH: process.env['PATH'] },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A terminal's Ctrl-C is not meant for it. It ends with its input, and with the lab.
      detached: true,
    });
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(`cannot be started: ${messageOf(error)}`));
      // "close" comes after everything that it said.
      child.once('close', (status, signal) =>
        resolve(`ended ${signal === null ? `with status ${status}` : `by ${signal}`}`),
      );
    });
    for (const handle of [child, child.stdin, child.stdout, child.stderr]) unref(handle);
    return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended };
  };
}

export function createProber(options: ProberOptions): Prober {
  const clock = options.clock ?? realClock();
  const answerMarginMs = options.answerMarginMs ?? ANSWER_MARGIN_MS;
  let running: Promise<Running> | null = null;
  let lastId = 0;

  function run(): Promise<Running> {
    const started = Promise.resolve(options.start()).then(attend);
    started.catch(() => (running = null));
    return started;
  }

  function attend(process: ProberProcess): Running {
    const attended: Running = { process, pending: new Map() };
    let stderr = '';
    process.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = `${stderr}${text}`.slice(-STDERR_CHARS_MAX);
    });
    createInterface({ input: process.stdout }).on('line', (line) => {
      const told = parseAnswer(line);
      if (told === null) return;
      attended.pending.get(told.id)?.({ answer: told.answer, detail: told.detail });
      attended.pending.delete(told.id);
    });
    process.stdin.on('error', () => undefined);
    void process.ended.then((how) => {
      // The next question starts another one.
      running = null;
      const said = stderr.trim();
      const detail = said === '' ? `the prober ${how}` : `the prober ${how}: ${said}`;
      for (const answer of attended.pending.values()) answer({ answer: 'no-observation', detail });
      attended.pending.clear();
    });
    return attended;
  }

  return {
    async probe(address, port, timeoutMs, word) {
      let attended: Running;
      try {
        running ??= run();
        attended = await running;
      } catch (error) {
        return { answer: 'no-observation', detail: `the prober cannot be started: ${messageOf(error)}` };
      }
      const { process, pending } = attended;
      const id = ++lastId;
      const late = new AbortController();
      const answered = new Promise<Probe>((resolve) => pending.set(id, resolve));
      process.stdin.write(`${JSON.stringify({ id, address, port, timeoutMs, word })}\n`);
      const waitedMs = timeoutMs + answerMarginMs;
      const probe = await Promise.race([
        answered,
        clock.sleep(waitedMs, late.signal).then((): Probe => ({
          answer: 'no-observation',
          detail: `the prober said nothing within ${waitedMs} ms`,
        })),
      ]);
      late.abort();
      pending.delete(id);
      return probe;
    },
  };
}

/** A program that is done must not be kept alive by a prober that waits for questions. */
function unref(handle: unknown): void {
  (handle as { unref?: () => void }).unref?.();
}

function parseAnswer(line: string): (Probe & { id: number }) | null {
  try {
    const { id, answer, detail } = JSON.parse(line) as Record<string, unknown>;
    if (typeof id !== 'number' || typeof detail !== 'string') return null;
    if (answer !== 'connects' && answer !== 'silence' && answer !== 'no-observation') return null;
    return { id, answer, detail };
  } catch {
    return null;
  }
}
