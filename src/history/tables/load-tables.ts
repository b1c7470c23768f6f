import type { Run } from '../run.ts';
import { loadEnds, loadMarkers, loadReads, loadTransactions, loadWrites } from './load-rows.ts';
import type { Tables } from './open-tables.ts';
import { tablesOf } from './table-columns.ts';

/** The whole history of these tables, in memory. */
export async function loadTables(tables: Tables): Promise<Run> {
  const { info, events, damage } = tables;
  const of = tablesOf({ transactions: tables.transactions, copies: info.copies });
  const [writes, reads, ends] = [
    await loadWrites(tables.writes, of.writes),
    await loadReads(tables.reads, of.reads),
    await loadEnds(tables.ends, of.ends),
  ];
  return {
    info,
    events,
    writes: () => writes,
    reads: () => reads,
    ends: () => ends,
    ...(tables.transactions !== undefined && (await loadInTransactions(tables))),
    damage: () => damage,
  };
}

async function loadInTransactions({
  transactions = [],
  markers = [],
}: Tables): Promise<Pick<Run, 'transactions' | 'markers'>> {
  const [rows, marks] = [await loadTransactions(transactions), await loadMarkers(markers)];
  return { transactions: () => rows, markers: () => marks };
}
