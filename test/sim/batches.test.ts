import test from 'ava';
import { fc } from '@fast-check/ava';
import { check } from '../../src/checker/check.ts';
import { int64At, type Run } from '../../src/history/run.ts';
import { OUTCOMES } from '../../src/history/write.ts';
import { simulate } from '../../src/run/simulate.ts';
import { drawScenario } from '../../src/scenario/swarm.ts';
import { Log } from '../../src/sim/log.ts';
import { Producers } from '../../src/sim/producers.ts';
import { Records } from '../../src/sim/records.ts';
import { holds } from '../holds.ts';

/** What a history says of each request: the outcomes of its writes, and where final scans found them. */
function requestsOf(run: Run, recordsPerRequest: number) {
  const requests = new Map<string, { seqs: number[]; outcomes: Set<string>; found: Map<number, number[]> }>();
  const of = (worker: number, seq: number) => {
    const key = `${worker}:${Math.floor(seq / recordsPerRequest)}`;
    let request = requests.get(key);
    if (request === undefined)
      requests.set(key, (request = { seqs: [], outcomes: new Set(), found: new Map() }));
    return request;
  };
  for (const batch of run.writes()) {
    for (let row = 0; row < batch.length; row++) {
      const seq = int64At(batch.seq, row);
      const { seqs, outcomes } = of(batch.worker[row]!, seq);
      seqs.push(seq);
      outcomes.add(
        `${OUTCOMES[batch.outcome[row]!]} ${batch.errorNames[batch.error[row]!]} ${int64At(batch.completeNs, row)}`,
      );
    }
  }
  for (const batch of run.reads()) {
    for (let row = 0; row < batch.length; row++) {
      const seq = int64At(batch.seq, row);
      const { found } = of(batch.worker[row]!, seq);
      // A consumer follows the log at its own pace: only what a final scan returned is all that there is.
      if (batch.scan[row]! > 0) continue;
      found.set(seq, [...(found.get(seq) ?? []), int64At(batch.offset, row)]);
    }
  }
  return requests;
}

test('all records of a request have one verdict, and all or none of them are in the log, one behind the other', async (t) => {
  let several = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const draw = drawScenario(seed);
    const recordsPerRequest = 2 + (seed % 9);
    const scenario = {
      ...draw.scenario,
      producer: { ...draw.scenario.producer, retries: 0 },
      load: { ...draw.scenario.load, recordsPerRequest },
    };
    const { run } = await simulate({ scenario, schedule: draw.schedule, mode: draw.mode, seed });
    t.deepEqual(check(run, { claim: 'contract' }).verdict === 'invalid', false, `seed ${seed} is accused`);
    for (const [name, { seqs, outcomes, found }] of requestsOf(run, recordsPerRequest)) {
      const label = `seed ${seed}, request ${name}`;
      t.is(outcomes.size, 1, label);
      if (found.size === 0) continue;
      several++;
      seqs.sort((one, other) => one - other);
      const [base] = found.get(seqs[0]!) ?? [NaN];
      t.deepEqual(
        seqs.map((seq) => found.get(seq)?.[0]),
        seqs.map((_, place) => base! + place),
        label,
      );
    }
  }
  t.true(several > 500, `${several} requests in the logs`);
});

test('a leader that takes over remembers batches as the one before it did', (t) => {
  const batches = fc.array(fc.record({ producer: fc.nat(2), count: fc.integer({ min: 1, max: 4 }) }), {
    maxLength: 20,
  });
  holds(
    t,
    fc.property(batches, (plan) => {
      const records = new Records();
      const log = new Log();
      const first = new Producers(records);
      const next = [0, 0, 0];
      const sent = plan.map(({ producer, count }) => {
        const batch = { first: records.count, count };
        for (let place = 0; place < count; place++) {
          const record = records.add(0, records.count, 0, producer, next[producer]!++, place);
          first.remember(record, log.append(record, 0));
        }
        return batch;
      });
      const second = new Producers(records);
      second.rebuild(log);
      for (const batch of sent) t.is(second.check(batch), first.check(batch));
      const last = sent.at(-1);
      if (last !== undefined)
        t.is(second.check(last), log.end - last.count, 'a repetition of the whole batch');
      if (last !== undefined && last.count > 1)
        t.is(second.check({ ...last, count: last.count - 1 }), null, 'a part of it is no repetition');
    }),
  );
});

test('a log is cut and fetched only between batches', (t) => {
  const records = new Records();
  const log = new Log();
  for (const count of [3, 1, 4])
    for (let place = 0; place < count; place++) log.append(records.add(0, 0, 0, -1, -1, place), 0);
  t.deepEqual(
    [0, 1, 2, 3, 4, 5, 6, 7, 8].map((offset) => log.batchStart(offset, records)),
    [0, 0, 0, 3, 4, 4, 4, 4, 8],
  );
});

test('a broker that appends a whole batch again is accused of each of its records', async (t) => {
  const { scenario: drawn, schedule, mode } = drawScenario(3);
  const scenario = {
    ...drawn,
    producer: { ...drawn.producer, acks: 'all' as const, idempotence: true, retries: 5 },
    load: { ...drawn.load, recordsPerRequest: 5 },
  };
  const { run } = await simulate({ scenario, schedule, mode, seed: 3, bug: 'duplicate-on-retry' });
  const duplicates = check(run, { claim: 'contract' }).findings.filter(({ kind }) => kind === 'duplicate');
  t.true(duplicates.length > 0);
  for (const { judgement, count } of duplicates) {
    t.is(judgement, 'violation');
    t.is(count % 5, 0);
  }
});
