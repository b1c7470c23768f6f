import { existsSync, readFileSync } from 'node:fs';
import { type ChildProcess, spawn } from '../core/child-process.ts';
import { NS_PER_MS, realClock } from '../core/clock.ts';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { clause } from '../core/words.ts';

const POLL_MS = 100;
/** Of what Spark says, the last lines are kept, for a sentence about what went wrong. */
const SAID_MAX = 40;

/** The process of spark-submit, and what it says. It ends when its standard input does, however this process dies. */
export class SparkDriver {
  readonly #child: ChildProcess;
  readonly #said: string[] = [];
  readonly #ended: Promise<void>;
  #isOver = false;
  /** However this process ends, Spark's driver does not go on without it. */
  readonly #onExit = () => this.#kill();
  #failure: Failure | null = null;

  constructor(program: string, args: readonly string[], environment: NodeJS.ProcessEnv) {
    // A group of its own, since spark-submit is a shell that starts Java; without Ctrl-C, which this process tells it of.
    this.#child = spawn(program, args, { env: environment, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said.push(...text.split('\n').filter((line) => line.trim() !== ''));
        this.#said.splice(0, this.#said.length - SAID_MAX);
      });
    }
    this.#child.stdin?.on('error', () => {});
    process.on('exit', this.#onExit);
    this.#ended = new Promise((resolve) => {
      const over = () => {
        this.#isOver = true;
        process.off('exit', this.#onExit);
        resolve();
      };
      this.#child.on('close', over);
      this.#child.on('error', (error: NodeJS.ErrnoException) => {
        this.#failure =
          error.code === 'ENOENT'
            ? new Failure(`there is no Spark here: ${program} was not found`, {
                hint: 'install Apache Spark and set SPARK_HOME, or put spark-submit on the PATH; --engine duckdb needs nothing else',
                exitStatus: EXIT.usage,
              })
            : new Failure(`${program} cannot be started: ${clause(messageOf(error))}`, {
                hint: 'look at SPARK_HOME',
                exitStatus: EXIT.usage,
              });
        over();
      });
    });
  }

  /** What it said that looks most like a reason. */
  get lastWords(): string {
    const reasons = this.#said.flatMap((line) => /(?:Exception|Error): (.+)/.exec(line)?.[1] ?? []);
    const hint = this.#said.find((line) => /error|not set|cannot|could not|unable/i.test(line));
    return (reasons[0] ?? hint ?? this.#said.at(-1) ?? 'it said nothing').trim();
  }

  hasSaid(words: RegExp): boolean {
    return this.#said.some((line) => words.test(line));
  }

  /** Waits until the gateway has told its port, and its secret. */
  async gatewayAt(path: string): Promise<{ port: number; secret: string }> {
    const clock = realClock();
    while (!existsSync(path)) {
      if (this.#isOver) throw this.#failure ?? this.#notBegun();
      await clock.sleep(POLL_MS);
    }
    const bytes = readFileSync(path);
    const length = bytes.readInt32BE(4);
    return { port: bytes.readInt32BE(0), secret: bytes.toString('utf8', 8, 8 + length) };
  }

  #notBegun(): Failure {
    if (/JAVA_HOME|java: (?:command )?not found|no java|java: No such/i.test(this.#said.join('\n'))) {
      return new Failure('Spark needs Java, and found none', {
        hint: 'install Java 17 and set JAVA_HOME; --engine duckdb needs none',
        exitStatus: EXIT.usage,
      });
    }
    return new Failure(`spark-submit ended before it began: ${clause(shortened(this.lastWords))}`, {
      hint: 'try it by itself: spark-submit --version',
      exitStatus: EXIT.usage,
    });
  }

  /** Ends it; it goes by itself when its input ends. */
  async end(): Promise<void> {
    this.#child.stdin?.end();
    const clock = realClock();
    const fromNs = clock.nowNs();
    while (!this.#isOver && clock.nowNs() - fromNs < END_NS_MAX) await clock.sleep(POLL_MS);
    this.#kill();
    await this.#ended;
  }

  #kill(): void {
    if (this.#isOver || this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}

const END_NS_MAX = 10_000 * NS_PER_MS;

/** An exception of Java is a page; its first line is the reason. */
export function shortened(reason: string): string {
  const line = reason.split(/\s*(?:\n|\s== SQL|\s+at org\.)/)[0]!.replace(/^(?:[\w.]+\.)*\w*Exception: /, '');
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
}
