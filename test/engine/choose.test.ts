import test from 'ava';
import { chooseEngine } from '../../src/engine/choose.ts';
import { Failure } from '../../src/core/failure.ts';
import { defaultInfo } from '../../src/history/default-info.ts';
import type { RunInfo } from '../../src/history/run.ts';

/** Which engine judges tables where none was named. */
const tables = (rows: number, more: Partial<RunInfo> = {}) => ({
  info: { ...defaultInfo({ partitions: 1, workers: 1 }), ...more },
  writes: [{ path: 'w', partition: 0, rows }],
  reads: [{ path: 'r', partition: 0, rows }],
});
const memoryBytes = 8 * 2 ** 30;

test('what fits into memory is judged here; what does not by DuckDB, and it is said why', (t) => {
  t.deepEqual(chooseEngine(tables(1_000_000), { hasDuckDb: true, memoryBytes }), {
    engine: 'native',
    why: null,
  });
  const { engine, why } = chooseEngine(tables(100_000_000), { hasDuckDb: true, memoryBytes });
  t.is(engine, 'duckdb');
  t.regex(
    why!,
    /100,000,000 writes and 100,000,000 records .* about 14\.0 GB of memory, and this machine has 8\.0 GB/,
  );
});

test('where DuckDB is not installed, a sentence says what to do', (t) => {
  t.is(chooseEngine(tables(1_000_000), { hasDuckDb: false, memoryBytes }).engine, 'native');
  const refused = t.throws(() => chooseEngine(tables(100_000_000), { hasDuckDb: false, memoryBytes }), {
    instanceOf: Failure,
  });
  t.regex(refused.message, /DuckDB is not installed here/);
  t.is(refused.exitStatus, 64);
});

test('where no engine can judge it, none is chosen, and a sentence says what to do', (t) => {
  const clocks = { clocks: [{ host: 'client1', workers: [0], uncertaintyNs: 1 }] };
  const large = tables(100_000_000, clocks);
  const refused = t.throws(() => chooseEngine(large, { hasDuckDb: true, memoryBytes }), {
    instanceOf: Failure,
  });
  t.regex(refused.message, /no engine judges a history whose workers had clocks of their own \(client1\)$/);
  t.regex(refused.hint, /more memory; or try it here all the same: --engine native/);
  t.is(refused.exitStatus, 64);
  t.is(chooseEngine(tables(1, clocks), { hasDuckDb: true, memoryBytes }).engine, 'native');
});

const TRANSACTIONS = {
  transactions: { ids: ['t0'], version: 2, timeoutMs: 1, stateMinInsyncReplicas: 2 },
} as const;

test('a history that no engine judges is judged here, and where it may not fit that is said', (t) => {
  const choose = (rows: number) => chooseEngine(tables(rows, TRANSACTIONS), { hasDuckDb: true, memoryBytes });
  t.deepEqual(choose(1_000_000), { engine: 'native', why: null });
  const { engine, why } = choose(40_000_000);
  t.is(engine, 'native');
  t.regex(
    why!,
    /about 6\.8 GB .* has 8\.0 GB; no engine judges a history with transactions, so this process tries to hold all of it\.$/,
  );
  const refused = t.throws(() => choose(50_000_000), { instanceOf: Failure });
  t.regex(refused.message, /8\.5 GB of memory.* 8\.0 GB, and no engine judges a history with transactions$/);
  t.is(refused.exitStatus, 64);
});

test('transactions and markers count as well as writes and reads', (t) => {
  const parts = (rows: number) => [{ path: 'x', partition: 0, rows }];
  const large = { ...tables(1, TRANSACTIONS), transactions: parts(40_000_000), markers: parts(1) };
  t.regex(chooseEngine(large, { hasDuckDb: true, memoryBytes }).why!, /no engine judges/);
  const marked = { ...tables(1, TRANSACTIONS), transactions: parts(1), markers: parts(70_000_000) };
  t.regex(chooseEngine(marked, { hasDuckDb: true, memoryBytes }).why!, /no engine judges/);
});
