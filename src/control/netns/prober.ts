import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { spawn, type ChildProcess } from '../../core/child-process.ts';
import { realClock, type Clock } from '../../core/clock.ts';
import { messageOf } from '../../core/failure.ts';
import type { Probe } from '../net.ts';

/**
 * Probes from one place of the network, by a process of its own that was started there (`prober.js`). What goes wrong
 * with that process is `no-observation`, with its exit status and what it said on standard error; the next question
 * starts another one.
 */
export interface Prober {
  /** Never rejects. */
  probe(address: string, port: number, timeoutMs: number): Promise<Probe>;
}

const PROGRAM = fileURLToPath(new URL('prober.js', import.meta.url));
/** How much longer than the probe itself the process may take to answer. The first question also waits for its start. */
const ANSWER_MARGIN_MS = 3_000;
/** So much of what the process says on standard error is kept. */
const STDERR_CHARS_MAX = 500;

export interface ProberOptions {
  /** What to put before a command so that it runs at the place: none for the place of this process. */
  prefix: readonly string[];
  /** What to run there; the prober's own program if absent. */
  command?: readonly string[];
  clock?: Clock;
  answerMarginMs?: number;
}

interface Running {
  child: ChildProcess;
  pending: Map<number, (probe: Probe) => void>;
}

export function createProber(options: ProberOptions): Prober {
  const clock = options.clock ?? realClock();
  const answerMarginMs = options.answerMarginMs ?? ANSWER_MARGIN_MS;
  let running: Running | null = null;
  let lastId = 0;

  function start(): Running {
    const [program, ...args] = [...options.prefix, ...(options.command ?? [process.execPath, PROGRAM])];
    const child = spawn(program!, args, {
      // Nothing of the user's environment: NODE_OPTIONS, BASH_ENV and their like would change what a probe does.
      env: { PATH: process.env['PATH'] },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A terminal's Ctrl-C is not meant for it. It ends with its input, and with the lab.
      detached: true,
    });
    const started: Running = { child, pending: new Map() };
    let stderr = '';
    const fail = (why: string) => {
      if (running === started) running = null;
      const said = stderr.trim();
      const detail = said === '' ? why : `${why}: ${said}`;
      for (const answer of started.pending.values()) answer({ answer: 'no-observation', detail });
      started.pending.clear();
    };
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = `${stderr}${text}`.slice(-STDERR_CHARS_MAX);
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      const told = parseAnswer(line);
      if (told === null) return;
      started.pending.get(told.id)?.({ answer: told.answer, detail: told.detail });
      started.pending.delete(told.id);
    });
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => fail(`the prober cannot be started: ${messageOf(error)}`));
    // "close" comes after everything that it said.
    child.once('close', (status, signal) =>
      fail(`the prober ended ${signal === null ? `with status ${status}` : `by ${signal}`}`),
    );
    for (const handle of [child, child.stdin, child.stdout, child.stderr]) unref(handle);
    return started;
  }

  return {
    async probe(address, port, timeoutMs) {
      try {
        running ??= start();
      } catch (error) {
        return { answer: 'no-observation', detail: `the prober cannot be started: ${messageOf(error)}` };
      }
      const { child, pending } = running;
      const id = ++lastId;
      const late = new AbortController();
      const answered = new Promise<Probe>((resolve) => pending.set(id, resolve));
      child.stdin?.write(`${JSON.stringify({ id, address, port, timeoutMs })}\n`);
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
