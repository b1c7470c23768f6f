import { totalmem } from 'node:os';
import { EXIT, Failure } from '../core/failure.ts';
import { grouped } from '../core/words.ts';
import { hostsOf } from '../checker/facts/worker-clocks.ts';
import type { Tables } from '../history/tables/open-tables.ts';

export const ENGINES = ['native', 'duckdb', 'spark'] as const;
export type EngineName = (typeof ENGINES)[number];

/** What a row of tables takes while it is read and judged in this process; measured, see bench/README.md. */
const ROW_BYTES = { writes: 90, reads: 60 };
/** Of the machine's memory, for a history: the rest is for everything else. */
const MEMORY_SHARE = 0.5;

export interface Choice {
  engine: EngineName;
  /** Why, in a sentence; null where there is nothing to explain. */
  why: string | null;
}

/**
 * Which engine judges these tables, where none was named: this process as long as they fit into its memory.
 * @param options.memoryBytes of the machine.
 * @throws Failure (usage) where they do not fit and DuckDB is not installed, or cannot judge them.
 */
export function chooseEngine(
  { info, writes, reads }: Pick<Tables, 'info' | 'writes' | 'reads'>,
  { hasDuckDb, memoryBytes = totalmem() }: { hasDuckDb: boolean; memoryBytes?: number },
): Choice {
  const rows = { writes: rowsIn(writes), reads: rowsIn(reads) };
  const bytes = rows.writes * ROW_BYTES.writes + rows.reads * ROW_BYTES.reads;
  if (bytes <= MEMORY_SHARE * memoryBytes) return { engine: 'native', why: null };
  const sizes = `${grouped(rows.writes)} writes and ${grouped(rows.reads)} records that were read would take about ${gigabytes(bytes)} of memory, and this machine has ${gigabytes(memoryBytes)}`;
  if (info.clocks !== undefined)
    throw new Failure(
      `${sizes}, and no engine judges a history whose workers had clocks of their own (${hostsOf(info.clocks)})`,
      {
        hint: 'check it on a machine with more memory; or try it here all the same: --engine native',
        exitStatus: EXIT.usage,
      },
    );
  if (hasDuckDb) return { engine: 'duckdb', why: `${sizes}: DuckDB sorts out which of them matter.` };
  throw new Failure(`${sizes}, and DuckDB is not installed here`, {
    hint: 'install it with: npm install @duckdb/node-api; or name your Spark: --engine spark --master URL',
    exitStatus: EXIT.usage,
  });
}

function rowsIn(parts: Tables['writes']): number {
  return parts.reduce((sum, part) => sum + part.rows, 0);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`;
}
