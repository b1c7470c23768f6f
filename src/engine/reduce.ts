import { join } from 'node:path';
import type { LeftOut, ReadBatch, Run, WriteBatch } from '../history/run.ts';
import { loadEnds, loadReads, loadWrites } from '../history/tables/load-rows.ts';
import type { TablePart, Tables } from '../history/tables/open-tables.ts';
import { READS_TABLE, WRITES_TABLE } from '../history/layout.ts';
import { ParquetFile } from '../history/tables/parquet-file.ts';
import { footerOf, rowGroupsOf } from '../history/tables/parquet-rows.ts';
import {
  READS_TABLE_COLUMNS,
  type TableColumn,
  WRITES_TABLE_COLUMNS,
} from '../history/tables/table-columns.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { counted, grouped } from '../core/words.ts';
import type { Engine, EngineColumn } from './engine.ts';
import { eventTables, type SmallTable } from './event-tables.ts';
import { clockSteps } from './statements/clock.ts';
import { ISLANDS } from './statements/empty.ts';
import { KEPT_READS, KEPT_WRITES, overValues } from './statements/kept.ts';
import type { Step } from './statements/step.ts';
import { stepsFor } from './statements/steps.ts';

/** Told of every step, before it is done. */
export type OnStep = (what: string, step: number, steps: number) => void;

/** Of offsets: larger ones are fewer, and one row that is out of order makes all rows of its block be looked at. */
const BLOCK = 32;

/** More rows than these would not fit into the memory of this process. */
export const KEPT_ROWS_MAX = 60_000_000;

/**
 * A history reduced to the rows that matter for what the checker says of it. What is left out was acknowledged once, and
 * found once, where it should be, and says nothing about any other row; it is counted.
 */
export class Reduction {
  readonly #tables: Tables;
  readonly #engine: Engine;
  readonly #directory: string;
  readonly #onStep: OnStep;
  readonly #block: number;
  readonly #rowsMax: number;
  #ends: Awaited<ReturnType<typeof loadEnds>> = [];
  #occupied: LeftOut['occupied'] = new Map();

  /** @param options.directory a place of its own, which the engine can see, too. */
  constructor(
    tables: Tables,
    engine: Engine,
    {
      directory,
      onStep,
      block = BLOCK,
      rowsMax = KEPT_ROWS_MAX,
    }: { directory: string; onStep: OnStep; block?: number | undefined; rowsMax?: number | undefined },
  ) {
    this.#tables = tables;
    this.#engine = engine;
    this.#directory = directory;
    this.#onStep = onStep;
    this.#block = block;
    this.#rowsMax = rowsMax;
  }

  /** @throws Failure where too many rows matter. */
  async reduce(): Promise<Run> {
    this.#ends = await loadEnds(this.#tables.ends);
    const partitions = new Set(
      [...this.#tables.writes, ...this.#tables.reads].map(({ partition }) => partition),
    );
    const bare: Run = { ...this.#bare(), writes: () => [], reads: () => [] };
    const told = eventTables(
      bare,
      [...partitions].toSorted((a, b) => a - b),
    );
    const { tables } = told;
    const asked = { ...told.asked, block: this.#block };
    await this.#views(tables);
    await this.#steps(stepsFor(asked));
    if (asked.dense) this.#occupied = await this.#islands();
    return this.#collect('kept');
  }

  /** The same with the rows that show that the clock did not run forwards, where something is said about order. */
  async withClock(slackNs: number): Promise<Run> {
    await this.#steps(clockSteps(slackNs));
    return this.#collect('more');
  }

  #bare(): Omit<Run, 'writes' | 'reads'> {
    const { info, events, damage } = this.#tables;
    return { info, events, ends: () => this.#ends, damage: () => damage };
  }

  async #views(small: readonly SmallTable[]): Promise<void> {
    const { directory, writes, reads } = this.#tables;
    const big = [
      { name: 'writes', path: join(directory, WRITES_TABLE), columns: WRITES_TABLE_COLUMNS, parts: writes },
      { name: 'reads', path: join(directory, READS_TABLE), columns: READS_TABLE_COLUMNS, parts: reads },
    ];
    for (const { name, path, columns, parts } of big)
      await this.#engine.view(name, {
        path: parts.length === 0 ? null : path,
        isPartitioned: true,
        columns: [...columns.map(engineColumn), { name: 'partition', as: 'part', type: 'BIGINT' }],
      });
    for (const one of small) {
      const path = one.rows.length === 0 ? null : join(this.#directory, `${one.name}.parquet`);
      if (path !== null) await writeSmall(path, one);
      const columns = one.columns.map((column) => ({ name: column, as: column, type: 'BIGINT' as const }));
      await this.#engine.view(one.name, { path, isPartitioned: false, columns });
    }
  }

  async #steps(steps: readonly Step[]): Promise<void> {
    for (const [at, { what, name, sql }] of steps.entries()) {
      this.#onStep(what, at + 1, steps.length);
      await this.#engine.table(name, sql);
    }
  }

  async #collect(which: 'kept' | 'more'): Promise<Run> {
    const query = (sql: string) => overValues(sql, `${which}_values`);
    const writes = await this.#rowsOf(query(KEPT_WRITES), `${which}-writes`);
    const reads = await this.#rowsOf(query(KEPT_READS), `${which}-reads`);
    const rows = rowsIn(writes) + rowsIn(reads);
    if (rows > this.#rowsMax) {
      throw new Failure(
        `${counted(rows, 'row')} of ${grouped(rowsIn(this.#tables.writes) + rowsIn(this.#tables.reads))} matter for the verdict, and no more than ${grouped(this.#rowsMax)} fit into memory`,
        {
          hint: 'a history with so much out of place, or without a final scan, can only be judged where it was recorded: kept check RUN',
          exitStatus: EXIT.inconclusive,
        },
      );
    }
    const [writeBatches, readBatches]: [WriteBatch[], ReadBatch[]] = [
      await loadWrites(writes),
      await loadReads(reads),
    ];
    const leftOut = { writes: rowsIn(this.#tables.writes) - rowsIn(writes), occupied: this.#occupied };
    return { ...this.#bare(), writes: () => writeBatches, reads: () => readBatches, leftOut };
  }

  async #rowsOf(sql: string, name: string): Promise<TablePart[]> {
    const files = await this.#engine.collect(sql, join(this.#directory, name));
    const parts: TablePart[] = [];
    for (const path of files) parts.push({ path, partition: -1, rows: (await footerOf(path)).rows });
    return parts;
  }

  async #islands(): Promise<LeftOut['occupied']> {
    const occupied = new Map<number, { from: number; to: number }[]>();
    for (const { path } of await this.#rowsOf(ISLANDS, 'islands')) {
      for await (const { length, columns } of rowGroupsOf(path)) {
        for (let row = 0; row < length; row++) {
          const [part, from, to] = ['part', 'fromPos', 'toPos'].map((name) => Number(columns[name]![row]));
          const known = occupied.get(part!);
          const stretch = { from: from!, to: to! };
          if (known === undefined) occupied.set(part!, [stretch]);
          else known.push(stretch);
        }
      }
    }
    for (const stretches of occupied.values()) stretches.sort((a, b) => a.from - b.from);
    return occupied;
  }
}

/** Names of files that are words of SQL, or that both tables have for different things. */
const NAMES: Readonly<Record<string, string>> = { offset: 'pos', timeNs: 'readNs' };

function engineColumn({ name, type }: TableColumn): EngineColumn {
  return { name, as: NAMES[name] ?? name, type: type === 'TEXT' ? 'STRING' : 'BIGINT' };
}

function rowsIn(parts: readonly TablePart[]): number {
  return parts.reduce((sum, { rows }) => sum + rows, 0);
}

async function writeSmall(path: string, { columns, rows }: SmallTable): Promise<void> {
  const file = new ParquetFile(
    path,
    columns.map((name) => ({ name, type: 'INT64', optional: false })),
  );
  await file.addGroup(columns.map((_, at) => BigInt64Array.from(rows, (row) => BigInt(row[at]!))));
  await file.finish();
}
