import { createInterface } from 'node:readline';
import { realClock, type Clock } from '../../core/clock.ts';
import { spawn, type ChildProcess } from '../../core/child-process.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import { within } from '../../core/within.ts';
import type { PreparedClient } from '../library.ts';
import {
  answerSchema,
  helloSchema,
  PROTOCOL_VERSION,
  type Answer,
  type Hello,
  type ProgramRequest,
} from './protocol.ts';

/** A request as its sender knows it: the number is given here. */
export type Question = ProgramRequest extends infer Each
  ? Each extends ProgramRequest
    ? Omit<Each, 'id'>
    : never
  : never;

/** The program ended, or said what is no answer, so that nothing is known of what it was asked. */
export class ProgramGone extends Error {}

/** A client in a program of its own, shared by all workers of this process. It is started when it is first asked. */
export interface Program {
  /** How often it has been started. A session that was opened in an earlier start is gone. */
  readonly starts: number;
  /**
   * Starts it if it does not run.
   * @returns what it says of itself
   * @throws Failure with what it said last, where it does not start.
   */
  start(): Promise<Hello>;
  /**
   * @returns its answer; null where it gave none in time. A later one is not taken for anything.
   * @throws ProgramGone
   */
  ask(question: Question, timeoutMs: number): Promise<Answer | null>;
  /** Strikes it, if it runs: SIGKILL, SIGSTOP and SIGCONT do what they do to any process. */
  strike(signal: ProgramSignal): void;
  close(): Promise<void>;
}

/** What can be done to a program from outside. */
export type ProgramSignal = 'SIGKILL' | 'SIGSTOP' | 'SIGCONT';

/** A Java program that is compiled while it starts, beside three brokers on two cores, takes several seconds. */
const START_MAX_MS = 30_000;
/** It gets so long to end by itself once its standard input has ended. */
const END_MAX_MS = 3_000;
/** Of what it printed on standard error, the end is kept for its obituary. */
const LAST_WORDS_MAX = 2_000;
/** A line that is longer is no answer. */
const SHOWN_MAX = 120;

/** @param client.command the program and its arguments */
export function openProgram(
  { command = [], library }: Pick<PreparedClient, 'command' | 'library'>,
  { clock, note }: { clock: Clock; note: (text: string) => void },
): Program {
  let running: Running | null = null;
  let starting: Promise<Running> | null = null;
  let starts = 0;

  async function startOnce(): Promise<Running> {
    starting ??= begin().finally(() => (starting = null));
    return starting;
  }

  async function begin(): Promise<Running> {
    const next = new Running(command);
    const hello = await within(clock, START_MAX_MS, next.hello);
    if (hello === null || next.ended !== null) {
      const why = next.ended ?? `it said nothing for ${START_MAX_MS / 1000} s`;
      await next.end(clock, 0);
      throw new Failure(`The client "${library}" does not start: ${why}.`, {
        hint: `It was started with: ${command.join(' ')}. docs/clients.md says what it must print first.`,
      });
    }
    if (starts > 0) note(`The client's program was started again: ${lastEnd ?? 'it had ended'}.`);
    starts++;
    running = next;
    return next;
  }

  let lastEnd: string | null = null;
  return {
    get starts() {
      return starts;
    },
    async start() {
      if (running === null || running.ended !== null) {
        lastEnd = running?.ended ?? null;
        await startOnce();
      }
      return running!.greeting!;
    },
    async ask(question, timeoutMs) {
      if (running === null || running.ended !== null) throw new ProgramGone(running?.ended ?? 'not started');
      return running.ask(question, timeoutMs, clock);
    },
    strike: (signal) => running?.strike(signal),
    async close() {
      await starting?.catch(() => undefined);
      await running?.end(clock, END_MAX_MS);
    },
  };
}

/**
 * Starts a program once, to hear what it calls itself.
 * @throws Failure where it does not start.
 */
export async function greetingOf(command: readonly string[]): Promise<Hello> {
  const program = openProgram(
    { command, library: command.join(' ') },
    { clock: realClock(), note: () => undefined },
  );
  try {
    return await program.start();
  } finally {
    await program.close();
  }
}

/** One start of it. */
class Running {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<
    number,
    { resolve: (answer: Answer | null) => void; reject: (error: Error) => void }
  >();
  readonly #exited: Promise<void>;
  #lastWords = '';
  #nextId = 1;
  /** How it ended, as the end of a sentence; null while it runs. */
  ended: string | null = null;
  /** What it said of itself; null until then. */
  greeting: Hello | null = null;
  /** Resolves when it has said which protocol it speaks, or has ended. */
  readonly hello: Promise<true>;

  constructor([program = '', ...args]: readonly string[]) {
    let greeted: () => void;
    this.hello = new Promise((resolve) => (greeted = () => resolve(true)));
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const { stdin, stdout, stderr } = this.#child;
    // What it was sent after its end is lost, and its end tells of that.
    stdin!.on('error', () => undefined);
    stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS_MAX);
    });
    const lines = createInterface({ input: stdout! });
    lines.on('line', (line) => {
      if (this.ended !== null) return;
      if (this.greeting !== null) return this.#answer(line);
      const hello = readHello(line);
      if (typeof hello === 'string') return this.#giveUp(hello);
      this.greeting = hello;
      greeted();
    });
    this.#exited = new Promise((resolve) => {
      const gone = (how: string) => {
        this.#end(how);
        greeted();
        resolve();
      };
      this.#child.on('error', (error) => gone(`it could not be started (${messageOf(error)})`));
      // Its output is read to the end first: what it answered before it died was answered.
      this.#child.on('close', (code, signal) =>
        gone(`it ended with ${signal === null ? `status ${code}` : signal}${this.#lastLine()}`),
      );
    });
  }

  async ask(question: Question, timeoutMs: number, clock: Clock): Promise<Answer | null> {
    const id = this.#nextId++;
    const answered = new Promise<Answer | null>((resolve, reject) =>
      this.#waiting.set(id, { resolve, reject }),
    );
    this.#child.stdin!.write(`${JSON.stringify({ ...question, id })}\n`);
    try {
      return await within(clock, timeoutMs, answered);
    } finally {
      this.#waiting.delete(id);
    }
  }

  strike(signal: ProgramSignal): void {
    this.#child.kill(signal);
  }

  /** Ends it: by the end of its input, then by force. */
  async end(clock: Clock, patienceMs: number): Promise<void> {
    this.#child.stdin!.end();
    if (patienceMs > 0) await within(clock, patienceMs, this.#exited);
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  #answer(line: string): void {
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch {
      return this.#giveUp(`it printed what is no answer: ${shown(line)}`);
    }
    const answer = answerSchema.safeParse(parsed);
    if (!answer.success) return this.#giveUp(`it printed what is no answer: ${shown(line)}`);
    this.#waiting.get(answer.data.id)?.resolve(answer.data);
  }

  /** Who speaks another language may have done anything: no later line is believed. */
  #giveUp(why: string): void {
    this.#end(why);
    this.#child.kill('SIGKILL');
  }

  #end(how: string): void {
    if (this.ended !== null) return;
    this.ended = how;
    for (const { reject } of this.#waiting.values()) reject(new ProgramGone(how));
  }

  #lastLine(): string {
    const line = this.#lastWords.trim().split('\n').at(-1) ?? '';
    return line === '' ? '' : `: ${shown(line)}`;
  }
}

/** @returns what is wrong with the first line of a program, as the end of a sentence, if anything is. */
function readHello(line: string): Hello | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return `its first line says nothing of a protocol: ${shown(line)}`;
  }
  const hello = helloSchema.safeParse(parsed);
  if (!hello.success) return `its first line says nothing of a protocol: ${shown(line)}`;
  const { protocol } = hello.data;
  return protocol === PROTOCOL_VERSION
    ? hello.data
    : `it speaks version ${protocol} of the protocol, and this program version ${PROTOCOL_VERSION}`;
}

function shown(line: string): string {
  return line.length > SHOWN_MAX ? `${line.slice(0, SHOWN_MAX)}…` : line;
}
