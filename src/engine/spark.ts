import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type ChildProcess, spawn } from '../core/child-process.ts';
import { NS_PER_MS, realClock } from '../core/clock.ts';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { within } from '../core/within.ts';
import { clause } from '../core/words.ts';
import { type Engine, type EngineTable, selectOf } from './engine.ts';
import { Gateway, type JavaObject } from './py4j.ts';

/** What the statements need of Spark, whatever its defaults are. */
const SETTINGS = {
  'spark.sql.catalogImplementation': 'in-memory',
  // CREATE TABLE AS makes Parquet, as the statements expect, and no table of Hive.
  'spark.sql.legacy.createHiveTableByDefault': 'false',
  'spark.sql.sources.default': 'parquet',
  'spark.sql.parquet.compression.codec': 'zstd',
  'spark.ui.showConsoleProgress': 'false',
};

const GATEWAY = 'org.apache.spark.api.python.PythonGatewayServer';
const POLL_MS = 100;
/** Of what Spark says, the last lines are kept, for a sentence about what went wrong. */
const SAID_MAX = 40;

/**
 * Spark, driven through the gateway of its own `spark-submit`, as its Python shell does it. The driver runs here; the work
 * is done where the master says. It ends when its standard input does, however this process dies.
 * @param directory where intermediate tables are put: the workers must see it under the same path.
 * @throws Failure where there is no Spark, no Java, or no such master.
 */
export async function openSpark(
  directory: string,
  { master, environment }: { master: string; environment: NodeJS.ProcessEnv },
): Promise<Engine> {
  await assertAnswers(master);
  const told = join(directory, 'gateway');
  const warehouse = join(directory, 'warehouse');
  const settings = { ...SETTINGS, 'spark.sql.warehouse.dir': warehouse };
  const home = environment['SPARK_HOME'];
  const program = home === undefined || home === '' ? 'spark-submit' : join(home, 'bin', 'spark-submit');
  const conf = Object.entries(settings).flatMap(([name, value]) => ['--conf', `${name}=${value}`]);
  const args = ['--master', master, '--name', 'kept check', ...conf, '--class', GATEWAY, 'spark-internal'];
  const driver = new Driver(program, args, { ...environment, _PYSPARK_DRIVER_CONN_INFO_PATH: told });
  try {
    const { port, secret } = await driver.gatewayAt(told);
    const gateway = await Gateway.connect(port, secret);
    const builder = await gateway.call('org.apache.spark.sql.SparkSession', 'builder');
    const session = await gateway.call(builder, 'getOrCreate').catch((error: unknown) => {
      throw notStarted(master, messageOf(error));
    });
    const context = await gateway.call(session, 'sparkContext');
    // A master that does not answer is given up after a minute, and then the session is there, and stopped.
    if (
      driver.hasSaid(/All masters are unresponsive/) ||
      (await gateway.text(context, 'isStopped')) === 'true'
    )
      throw notStarted(master, 'the master does not answer');
    const version = await gateway.text(session, 'version').catch(() => '');
    return new Spark(driver, gateway, session, version, master);
  } catch (error) {
    await driver.end();
    throw error instanceof Failure ? error : notStarted(master, `${messageOf(error)}; ${driver.lastWords}`);
  }
}

/** Spark itself would try for a minute. */
async function assertAnswers(master: string): Promise<void> {
  if (!master.startsWith('spark://')) return;
  const places = master.slice('spark://'.length).split(',');
  const answers = await Promise.all(places.map(isAnswering));
  if (!answers.includes(true)) throw notStarted(master, 'nothing answers there');
}

/** @param place `host:port`. */
async function isAnswering(place: string): Promise<boolean> {
  const at = place.lastIndexOf(':');
  const socket = connect(Number(place.slice(at + 1)) || 7077, at < 0 ? place : place.slice(0, at));
  const tried = new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  });
  try {
    return (await within(realClock(), ANSWER_MS_MAX, tried)) === true;
  } finally {
    socket.destroy();
  }
}

const ANSWER_MS_MAX = 5_000;

function notStarted(master: string, reason: string): Failure {
  return new Failure(`Spark could not start on the master ${master}: ${clause(shortened(reason))}`, {
    hint: 'look whether the master runs and is reached from here; local[*] is this machine alone',
    exitStatus: EXIT.usage,
  });
}

class Spark implements Engine {
  readonly name: string;
  readonly #driver: Driver;
  readonly #gateway: Gateway;
  readonly #session: JavaObject;

  constructor(driver: Driver, gateway: Gateway, session: JavaObject, version: string, master: string) {
    this.name = `Spark ${version} (${master})`.replace('  ', ' ');
    this.#driver = driver;
    this.#gateway = gateway;
    this.#session = session;
  }

  async view(name: string, table: EngineTable): Promise<void> {
    const source = `parquet.${quoted(table.path ?? '')}`;
    await this.#run(`CREATE OR REPLACE TEMPORARY VIEW ${name} AS ${selectOf(table, source, quoted)}`);
  }

  async table(name: string, sql: string): Promise<void> {
    await this.#run(`CREATE TABLE ${name} AS ${sql}`);
  }

  async collect(sql: string, directory: string): Promise<string[]> {
    await this.#run(
      `INSERT OVERWRITE DIRECTORY '${directory.replaceAll("'", "\\'")}' USING parquet OPTIONS (compression 'none') ${sql}`,
    );
    if (!existsSync(directory)) {
      throw new Failure(`Spark wrote its result to ${directory}, and it is not there`, {
        hint: 'the tables must lie where this machine and the workers find them under the same path',
        exitStatus: EXIT.usage,
      });
    }
    const names = readdirSync(directory).filter((name) => name.endsWith('.parquet'));
    return names.toSorted().map((name) => join(directory, name));
  }

  async close(): Promise<void> {
    this.#gateway.close();
    await this.#driver.end();
  }

  async #run(sql: string): Promise<void> {
    try {
      await this.#gateway.call(this.#session, 'sql', sql);
    } catch (error) {
      throw new Failure(`Spark could not finish: ${clause(shortened(messageOf(error)))}`, {
        hint: 'Spark’s own log says more: look at its master’s page, or run with SPARK_LOG_LEVEL=INFO in its configuration',
        cause: error,
      });
    }
  }
}

/** The process of spark-submit, and what it says. */
class Driver {
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

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** An exception of Java is a page; its first line is the reason. */
function shortened(reason: string): string {
  const line = reason.split(/\s*(?:\n|\s== SQL|\s+at org\.)/)[0]!.replace(/^(?:[\w.]+\.)*\w*Exception: /, '');
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
}
