import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { realClock } from '../core/clock.ts';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { within } from '../core/within.ts';
import { clause } from '../core/words.ts';
import { type Engine, type EngineTable, selectOf } from './engine.ts';
import { Gateway, type JavaObject } from './py4j.ts';
import { shortened, SparkDriver } from './spark-driver.ts';

/** What the statements need of Spark, whatever its defaults are. */
const SETTINGS = {
  'spark.sql.catalogImplementation': 'in-memory',
  'spark.sql.defaultCatalog': 'spark_catalog',
  // CREATE TABLE AS makes Parquet, as the statements expect, and no table of Hive.
  'spark.sql.legacy.createHiveTableByDefault': 'false',
  'spark.sql.sources.default': 'parquet',
  'spark.sql.parquet.compression.codec': 'zstd',
  'spark.ui.showConsoleProgress': 'false',
};

const GATEWAY = 'org.apache.spark.api.python.PythonGatewayServer';

export interface SparkOptions {
  /** As Spark names it: `local[*]`, `spark://host:7077`, … */
  master: string;
  /** SPARK_HOME, JAVA_HOME and PATH are looked up here. */
  environment: NodeJS.ProcessEnv;
}

/**
 * Spark for one history. Its tables are put into `directory`, which the workers must see under the same path.
 * @throws Failure where there is no Spark, no Java, or no such master.
 */
export async function openSpark(directory: string, options: SparkOptions): Promise<Engine> {
  const spark = new Spark(options);
  const engine = await spark.open(directory);
  return { ...engine, close: () => spark.close() };
}

/**
 * Spark for one history after the other. It takes seconds to start, so it is started once, for the first of them, and goes on
 * until it is closed. After something has failed it is started anew for the next one.
 */
export class Spark {
  readonly #options: SparkOptions;
  #session: Session | null = null;

  constructor(options: SparkOptions) {
    this.#options = options;
  }

  /**
   * @param directory where the tables of this history are put; its engine removes them when it is closed.
   * @throws Failure where there is no Spark, no Java, or no such master, or where the path has letters of patterns.
   */
  async open(directory: string): Promise<Engine> {
    assertNoPattern(directory);
    if (this.#session?.hasFailed === true) await this.close();
    this.#session ??= await startSession(directory, this.#options);
    return this.#session.engineAt(directory);
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.close();
  }
}

/**
 * Spark is driven through the gateway of its own `spark-submit`, as its Python shell does it. The driver runs here; the work
 * is done where the master says.
 * @param directory where the driver tells of its gateway.
 */
async function startSession(directory: string, { master, environment }: SparkOptions): Promise<Session> {
  await assertAnswers(master);
  const told = join(directory, 'gateway');
  const settings = { ...SETTINGS, 'spark.sql.warehouse.dir': uriOf(join(directory, 'warehouse')) };
  const home = environment['SPARK_HOME'];
  const program = home === undefined || home === '' ? 'spark-submit' : join(home, 'bin', 'spark-submit');
  const conf = Object.entries(settings).flatMap(([name, value]) => ['--conf', `${name}=${value}`]);
  const args = ['--master', master, '--name', 'kept check', ...conf, '--class', GATEWAY, 'spark-internal'];
  const driver = new SparkDriver(program, args, { ...environment, _PYSPARK_DRIVER_CONN_INFO_PATH: told });
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
    return new Session(driver, gateway, session, `Spark ${version} (${master})`.replace('  ', ' '));
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
  const tried = new Promise<boolean>((done) => {
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
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

/** A driver that runs, and the session that it has with the master. */
class Session {
  readonly #driver: SparkDriver;
  readonly #gateway: Gateway;
  readonly #session: JavaObject;
  readonly #name: string;
  /** How many histories it has had. */
  #histories = 0;
  hasFailed = false;

  constructor(driver: SparkDriver, gateway: Gateway, session: JavaObject, name: string) {
    this.#driver = driver;
    this.#gateway = gateway;
    this.#session = session;
    this.#name = name;
  }

  /** Each history has a database of its own, so that its tables are no other one’s. Views are replaced by the next one’s. */
  async engineAt(directory: string): Promise<Engine> {
    const database = `kept_${++this.#histories}`;
    await this.#run(`CREATE DATABASE ${database} LOCATION ${text(uriOf(join(directory, database)))}`);
    await this.#run(`USE ${database}`);
    return {
      name: this.#name,
      view: (name, table) => this.#run(`CREATE OR REPLACE TEMPORARY VIEW ${name} AS ${viewOf(table)}`),
      table: (name, sql) => this.#run(`CREATE TABLE ${name} AS ${sql}`),
      collect: (sql, to) => this.#collect(sql, to),
      close: async () => {
        if (!this.hasFailed) await this.#run(`DROP DATABASE ${database} CASCADE`);
      },
    };
  }

  async close(): Promise<void> {
    this.#gateway.close();
    await this.#driver.end();
  }

  async #collect(sql: string, directory: string): Promise<string[]> {
    await this.#run(
      `INSERT OVERWRITE DIRECTORY ${text(uriOf(directory))} USING parquet OPTIONS (compression 'none') ${sql}`,
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

  async #run(sql: string): Promise<void> {
    try {
      await this.#gateway.call(this.#session, 'sql', sql);
    } catch (error) {
      this.hasFailed = true;
      throw new Failure(`Spark could not finish: ${clause(shortened(messageOf(error)))}`, {
        hint: 'Spark’s own log says more: look at its master’s page, or run with SPARK_LOG_LEVEL=INFO in its configuration',
        cause: error,
      });
    }
  }
}

function viewOf(table: EngineTable): string {
  return selectOf(table, `parquet.${quoted(uriOf(table.path ?? ''))}`, quoted);
}

/** Of tables that it has made itself, too, Spark takes the place for a pattern, and no way leads round that. */
function assertNoPattern(directory: string): void {
  const path = resolve(directory);
  const letters = /[[\]{}*?\\]/.exec(path);
  if (letters === null) return;
  throw new Failure(`Spark takes ${path} for a pattern, because of the "${letters[0]}" in it`, {
    hint: 'give the directory another name; --engine duckdb reads it as it is',
    exitStatus: EXIT.usage,
  });
}

/** A path on this machine and on the workers, whatever file system Spark takes where none is named. */
function uriOf(path: string): string {
  return `file:${resolve(path)}`;
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** As text in a statement. */
function text(words: string): string {
  return `'${words.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
