import type { Run } from '../run.ts';
import { loadEnds, loadReads, loadWrites } from './load-rows.ts';
import type { Tables } from './open-tables.ts';

/** The whole history of these tables, in memory. */
export async function loadTables(tables: Tables): Promise<Run> {
  const [writes, reads, ends] = [
    await loadWrites(tables.writes),
    await loadReads(tables.reads),
    await loadEnds(tables.ends),
  ];
  return {
    info: tables.info,
    events: tables.events,
    writes: () => writes,
    reads: () => reads,
    ends: () => ends,
    damage: () => tables.damage,
  };
}
