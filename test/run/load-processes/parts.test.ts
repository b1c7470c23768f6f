import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { fc } from '@fast-check/ava';
import { Secret } from '../../../src/core/secret.ts';
import { ErrorNames, putWrite, WRITE_COLUMNS } from '../../../src/history/columns/columns.ts';
import { growingColumns } from '../../../src/history/columns/growing.ts';
import type { Write } from '../../../src/history/write.ts';
import { Arrivals } from '../../../src/run/load-processes/arrivals.ts';
import { claimOn, openClaims } from '../../../src/run/load-processes/claims.ts';
import { Outbox } from '../../../src/run/load-processes/outbox.ts';
import { opened, sealed, type Report } from '../../../src/run/load-processes/protocol.ts';
import { RowMerge } from '../../../src/run/load-processes/row-merge.ts';
import { sharesOf } from '../../../src/run/load-processes/shares.ts';
import { sharedLoad } from '../../../src/run/shared-load.ts';
import { scenarioSchema } from '../../../src/scenario/schema.ts';
import { holds } from '../../holds.ts';

function writeOf(worker: number, seq: number, completeNs: number): Write {
  const times = { intendedNs: completeNs - 2, invokeNs: completeNs - 1, completeNs };
  return {
    worker,
    seq,
    partition: 0,
    ...times,
    outcome: 'ok',
    error: null,
    offset: seq,
    attempts: 1,
    broker: 1,
  };
}

function batchOf(writes: readonly Write[]) {
  const rows = growingColumns(WRITE_COLUMNS);
  const names = new ErrorNames();
  for (const write of writes) putWrite(rows.room(), rows.next(), write, names);
  return rows.batches().map((batch) => ({ ...batch, errorNames: names.names }));
}

const gaps = fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 30 });

test('the merged history is that of all processes, each write once, in the order of the outcomes', (t) => {
  holds(
    t,
    fc.property(
      fc.array(gaps, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 40 }),
      (processes, turns) => {
        const histories = processes.map((steps, worker) => {
          let ns = 10;
          return steps.map((gap, seq) => writeOf(worker, seq, (ns += gap)));
        });
        const merged: Write[] = [];
        const merge = new RowMerge(histories.length, (write) => merged.push(write));
        const told = histories.map(() => 0);
        // They report in any order, as much as they like at a time.
        for (const turn of turns) {
          const index = turn % histories.length;
          const rows = histories[index]!.slice(told[index], told[index]! + (turn % 5));
          told[index]! += rows.length;
          merge.add(index, batchOf(rows), rows.at(-1)?.completeNs ?? 0);
          t.deepEqual(
            merged,
            merged.toSorted((a, b) => a.completeNs! - b.completeNs!),
          );
        }
        for (const [index, history] of histories.entries())
          merge.add(index, batchOf(history.slice(told[index])), Infinity);
        const all = histories.flat();
        t.is(merged.length, all.length);
        t.deepEqual(
          merged.map(({ completeNs }) => completeNs),
          all.map(({ completeNs }) => completeNs).toSorted((a, b) => a! - b!),
        );
        for (const [worker, history] of histories.entries())
          t.deepEqual(
            merged.filter((write) => write.worker === worker),
            history,
          );
      },
    ),
  );
});

test('a process that says nothing for long holds the others up no longer', (t) => {
  const merged: Write[] = [];
  const merge = new RowMerge(2, (write) => merged.push(write));
  merge.add(0, batchOf([writeOf(0, 0, 1e9)]), 1e9);
  t.is(merged.length, 0, 'the other one may yet tell of something earlier');
  merge.add(0, batchOf([writeOf(0, 1, 9e9)]), 9e9);
  t.deepEqual(
    merged.map(({ seq }) => seq),
    [0],
  );
});

test('which writes of a worker are under way: as counted one by one', (t) => {
  const plan = fc.uniqueArray(fc.nat(30), { maxLength: 25 });
  holds(
    t,
    fc.property(plan, fc.nat(35), (arrived, endSeq) => {
      const arrivals = new Arrivals(5);
      for (const seq of arrived) arrivals.arrived(seq, 100 + 10 * seq);
      const missing = Array.from({ length: endSeq }, (_, seq) => seq).filter((seq) => !arrived.includes(seq));
      const open = arrivals.openBelow(endSeq);
      t.deepEqual(
        open.map(({ seq }) => seq),
        missing,
      );
      for (const { seq, notBeforeNs } of open) {
        const before = Math.max(-1, ...arrived.filter((other) => other < seq));
        t.is(notBeforeNs, before < 0 ? 5 : 100 + 10 * before, 'the latest that was begun before it');
      }
    }),
  );
});

test('every worker lives in one process, and together they make all writes', (t) => {
  holds(
    t,
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(39), fc.nat(5_000), (workers, more, count) => {
      const { load } = scenarioSchema.parse({ load: { workers, count: count + 1 } });
      const processes = 1 + (more % workers);
      const shares = sharesOf(load, processes);
      t.is(shares.length, processes);
      t.deepEqual(
        shares.flatMap((share) => share.workers).toSorted((a, b) => a - b),
        [...Array(workers).keys()],
      );
      t.is(
        shares.reduce((sum, share) => sum + share.count!, 0),
        count + 1,
      );
      const sizes = shares.map((share) => share.workers.length);
      t.true(Math.max(...sizes) - Math.min(...sizes) <= 1);
    }),
  );
});

test('more processes than workers are refused in a sentence', (t) => {
  const scenario = scenarioSchema.parse({ load: { workers: 3 } });
  t.deepEqual(sharedLoad(scenario, 3), { processes: 3 });
  t.deepEqual(sharedLoad(scenario, 1), {});
  t.throws(() => sharedLoad(scenario, 4), {
    message: '3 workers cannot be shared among 4 processes: each needs one at least',
  });
});

test('claims are read by another descriptor than they were made with, and leave no file', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'kept-claims-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const claims = openClaims(directory);
  t.deepEqual(readdirSync(directory), []);
  const claim = claimOn(claims.descriptor);
  claim(3, 40);
  claim(0, 2 ** 40);
  claim(3, 60);
  t.deepEqual(
    [0, 1, 2, 3, 4].map((worker) => claims.endOf(worker)),
    [2 ** 40, 0, 0, 60, 0],
  );
  claims.close();
});

test('an endpoint arrives with its secrets, and they are secrets again', (t) => {
  const endpoint = {
    brokers: ['a:1', 'b:2'],
    tls: { ca: 'PEM', key: new Secret('the key'), verifyHost: false },
    sasl: { mechanism: 'PLAIN' as const, username: 'me', password: new Secret('hush-hush') },
  };
  const arrived = sealed(structuredClone(opened(endpoint)));
  t.is(arrived.tls!.key!.reveal(), 'the key');
  t.like(arrived, {
    brokers: ['a:1', 'b:2'],
    tls: { ca: 'PEM', verifyHost: false },
    sasl: { username: 'me' },
  });
  t.false(JSON.stringify(arrived).includes('hush-hush'));
  t.is(arrived.sasl!.mechanism === 'PLAIN' && arrived.sasl!.password.reveal(), 'hush-hush');
  const token = { brokers: [], sasl: { mechanism: 'OAUTHBEARER' as const, token: new Secret('tok-en') } };
  t.is(opened(sealed(opened(token))).sasl!.token, 'tok-en');
  t.deepEqual(sealed(opened({ brokers: ['c:3'] })), { brokers: ['c:3'] });
});

test('where reports are not taken, the writers wait; what is sent is what was put', async (t) => {
  const reports: Report[] = [];
  let take: () => void = () => undefined;
  const outbox = new Outbox((report) => {
    reports.push(report);
    return new Promise((resolve) => (take = resolve));
  });
  for (let seq = 0; seq < 200_000; seq++) outbox.put(writeOf(0, seq, 10 + seq));
  let hasRoom = false;
  const waiting = outbox.room().then(() => (hasRoom = true));
  const sending = outbox.send({ untilNs: 7, invoked: 200_000, behindMs: 0 });
  await Promise.resolve();
  t.false(hasRoom);
  take();
  await Promise.all([sending, waiting]);
  t.true(hasRoom);
  await outbox.room();
  const merged: Write[] = [];
  new RowMerge(1, (write) => merged.push(write)).add(0, reports[0]!.batches, Infinity);
  t.is(merged.length, 200_000);
  t.deepEqual(merged[123_456], writeOf(0, 123_456, 10 + 123_456));
});
