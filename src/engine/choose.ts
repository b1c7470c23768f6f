import { totalmem } from 'node:os';
import { EXIT, Failure } from '../core/failure.ts';
import { grouped } from '../core/words.ts';
import type { Tables } from '../history/tables/open-tables.ts';
import { beyondEngines } from './limits.ts';

export const ENGINES = ['native', 'duckdb', 'spark'] as const;
export type EngineName = (typeof ENGINES)[number];

/**
 * What a row of tables takes while it is read and judged in this process, in bytes; measured, see bench/README.md: 1.6 times its
 * columns, in a history with transactions as well.
 */
const ROW_BYTES = { writes: 90, reads: 60 };
const ROW_BYTES_IN_TRANSACTIONS = { writes: 103, reads: 79, transactions: 108, markers: 66 };
const COPY_BYTES = 13;
/** Of the machine's memory, for a history: the rest is for everything else. */
const MEMORY_SHARE = 0.5;

export interface Choice {
  engine: EngineName;
  /** Why, in a sentence; null where there is nothing to explain. */
  why: string | null;
}

/**
 * Which engine judges these tables, where none was named: this process as long as they fit into its memory. Of a history that no
 * engine judges it is told that it may not fit.
 * @param options.memoryBytes of the machine.
 * @throws Failure (usage) where they do not fit and DuckDB is not installed; or no engine can judge them, and they are more than the
 *   whole memory.
 */
export function chooseEngine(
  tables: Pick<Tables, 'info' | 'writes' | 'reads' | 'transactions' | 'markers'>,
  { hasDuckDb, memoryBytes = totalmem() }: { hasDuckDb: boolean; memoryBytes?: number },
): Choice {
  const bytes = bytesOf(tables);
  if (bytes <= MEMORY_SHARE * memoryBytes) return { engine: 'native', why: null };
  const [writes, reads] = [rowsIn(tables.writes), rowsIn(tables.reads)].map(grouped);
  const sizes = `${writes} writes and ${reads} records that were read would take about ${gigabytes(bytes)} of memory, and this machine has ${gigabytes(memoryBytes)}`;
  const beyond = beyondEngines(tables.info);
  if (beyond !== null) {
    if (bytes <= memoryBytes)
      return {
        engine: 'native',
        why: `${sizes}; no engine judges ${beyond}, so this process tries to hold all of it.`,
      };
    throw new Failure(`${sizes}, and no engine judges ${beyond}`, {
      hint: 'check it on a machine with more memory; or try it here all the same: --engine native',
      exitStatus: EXIT.usage,
    });
  }
  if (hasDuckDb) return { engine: 'duckdb', why: `${sizes}: DuckDB sorts out which of them matter.` };
  throw new Failure(`${sizes}, and DuckDB is not installed here`, {
    hint: 'install it with: npm install @duckdb/node-api; or name your Spark: --engine spark --master URL',
    exitStatus: EXIT.usage,
  });
}

function bytesOf({
  info,
  writes,
  reads,
  transactions = [],
  markers = [],
}: Parameters<typeof chooseEngine>[0]): number {
  if (info.transactions === undefined)
    return rowsIn(writes) * ROW_BYTES.writes + rowsIn(reads) * ROW_BYTES.reads;
  const of = ROW_BYTES_IN_TRANSACTIONS;
  const perWrite = of.writes + (info.copies === undefined ? 0 : COPY_BYTES);
  return (
    rowsIn(writes) * perWrite +
    rowsIn(reads) * of.reads +
    rowsIn(transactions) * of.transactions +
    rowsIn(markers) * of.markers
  );
}

function rowsIn(parts: Tables['writes']): number {
  return parts.reduce((sum, part) => sum + part.rows, 0);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GB`;
}
