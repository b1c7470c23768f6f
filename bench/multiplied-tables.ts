import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { ENDS_TABLE, EVENTS_FILE, TABLES_FILE } from '../src/history/layout.ts';
import { encodeLine } from '../src/history/recorder/event-lines.ts';
import { openTables, type TablesInfo } from '../src/history/tables/open-tables.ts';
import type { Event } from '../src/history/event.ts';

/**
 * Tables of a history that goes on as a made one (made-history.ts) began: the same again and again, each time later, at
 * higher offsets and with higher numbers. An export would take ten times as long as the check that is to be measured.
 */
export async function multiplyTables(from: string, to: string, times: number): Promise<void> {
  const tables = await openTables(from);
  const scans = tables.events.filter((event) => event.type === 'scan');
  const endOf = new Map(scans.map(({ partition, end }) => [partition, end]));
  const writes = tables.writes.reduce((sum, { rows }) => sum + rows, 0);
  const reads = tables.reads.reduce((sum, { rows }) => sum + rows, 0);
  const lastNs = scans[0]!.invokeNs;
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const perWorker = writes / tables.info.workers;
  for (let time = 0; time < times; time++) {
    for (const [parts, rows, shift] of [
      [
        tables.writes,
        writes,
        {
          seq: perWorker * time,
          intendedNs: lastNs * time,
          invokeNs: lastNs * time,
          completeNs: lastNs * time,
        },
      ],
      [tables.reads, reads, { seq: perWorker * time, timeNs: lastNs * (times - 1) + 1e9 * time }],
    ] as const) {
      for (const { path, partition } of parts) {
        const higher = { ...shift, offset: endOf.get(partition)! * time, rowNumber: rows * time };
        const columns = Object.entries(higher).map(([name, by]) => `"${name}" + ${by} AS "${name}"`);
        const directory = join(to, basename(dirname(dirname(path))), basename(dirname(path)));
        mkdirSync(directory, { recursive: true });
        const file = join(directory, `part-${time}-${basename(path).slice('part-'.length)}`);
        await connection.run(
          `COPY (SELECT * REPLACE (${columns.join(', ')}) FROM read_parquet('${path}', hive_partitioning = false)) TO '${file}' (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2)`,
        );
      }
    }
  }
  await connection.run(`COPY (FROM read_parquet('${join(from, ENDS_TABLE)}')) TO '${join(to, ENDS_TABLE)}'`);
  connection.closeSync();
  instance.closeSync();
  const events = tables.events.map((event): Event => {
    if (event.type !== 'scan') return event;
    const later = { invokeNs: lastNs * times, completeNs: lastNs * times + 1e9 * times };
    return { ...event, ...later, end: event.end * times };
  });
  const lines = [...events, { type: 'closed' as const }];
  writeFileSync(join(to, EVENTS_FILE), lines.map((line, number) => encodeLine(line, number)).join(''));
  const info = JSON.parse(readFileSync(join(from, TABLES_FILE), 'utf8')) as TablesInfo;
  writeFileSync(
    join(to, TABLES_FILE),
    JSON.stringify({ ...info, writes: writes * times, reads: reads * times }),
  );
}
