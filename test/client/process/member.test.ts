import { resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { GroupMemberOptions } from '../../../src/client/group-member.ts';
import { openLibrary } from '../../../src/client/libraries.ts';
import type { PreparedClient } from '../../../src/client/library.ts';
import { openProgram } from '../../../src/client/process/program.ts';
import { createProgramMember } from '../../../src/client/process/program-member.ts';
import { realClock } from '../../../src/core/clock.ts';

/** A member of a group in a program of its own: what it is told, and what is known where it is silent or gone. */
const PROGRAM = resolve('test/client/process/group-program.js');

test('it is told how it takes part in its group', async (t) => {
  const { error } = await joined(t, 'echo');
  t.like(JSON.parse(error!), {
    reader: 4,
    topic: 'kept',
    group: 'g',
    isolation: 'read_committed',
    membership: { protocol: 'classic', sessionTimeoutMs: 6_000, instance: 'i', commit: 'manual' },
    settings: { 'max.poll.records': '9' },
  });
});

test('a consumer that is no member is told so', async (t) => {
  const { membership: _, ...options } = OPTIONS;
  const library = openLibrary(prepared('echo'));
  t.teardown(() => library.close());
  const reader = library.openReader!(options);
  const error = await reader.follow(() => undefined, new AbortController().signal);
  t.like(JSON.parse(error!), { group: 'g', membership: null });
});

test('what it is handed, what it owns, its generation and its name', async (t) => {
  const { member } = await joined(t);
  const { records, ...standing } = await member.poll(1);
  t.deepEqual(standing, { error: null, assigned: [0, 1], generation: 7, memberId: 'member-1' });
  t.deepEqual(
    records.map(({ partition, offset }) => [partition, offset]),
    [0, 1].flatMap((partition) => [0, 1, 2].map((offset) => [partition, offset])),
  );
  t.deepEqual(Buffer.from(records[0]!.value!), Buffer.from('é', 'latin1'));
});

test('it goes back to what it has committed', async (t) => {
  const { member } = await joined(t);
  await member.poll(1);
  t.deepEqual(await member.commit([{ partition: 1, offset: 2 }], 1), {
    outcome: 'ok',
    error: null,
    generation: 7,
  });
  t.is(await member.rewind(), null);
  const { records } = await member.poll(1);
  t.deepEqual(
    records.map(({ partition, offset }) => [partition, offset]),
    [...[0, 1, 2].map((offset) => [0, offset]), [1, 2]],
  );
  t.is(await member.leave(), null);
});

test('a commit that the library says failed may have been done', async (t) => {
  const { member } = await joined(t, 'stale');
  t.like(await member.commit([{ partition: 0, offset: 1 }], 1), {
    outcome: 'unknown',
    error: 'CommitFailedException',
  });
});

test('an error of the library is told by its name, and nothing of what it handed out', async (t) => {
  const { member } = await joined(t, 'fenced');
  t.deepEqual(await member.poll(1), {
    error: 'FencedInstanceIdException', records: [], assigned: [], generation: null, memberId: null,
  }); // prettier-ignore
});

test('a program that knows of no groups is not asked to join one', async (t) => {
  t.is((await joined(t, 'groupless')).error, 'CLIENT_HAS_NO_GROUPS');
});

test('a program that does not start is no member', async (t) => {
  const library = openLibrary({ ...prepared('none'), command: ['/no/such/client'] });
  t.teardown(() => library.close());
  t.is(await library.openMember!(OPTIONS).join(), 'CLIENT_UNAVAILABLE');
});

test('one that gives no answer is silent', async (t) => {
  const { member } = await joined(t, 'silent', 1);
  t.is((await member.poll(1)).error, 'CLIENT_SILENT');
});

test('one that was killed has ended, and what it is asked then was certainly never done', async (t) => {
  const { member, library } = await joined(t, 'silent');
  const polled = member.poll(60_000);
  library.strike!('SIGKILL');
  t.is((await polled).error, 'CLIENT_ENDED');
  t.like(await member.commit([{ partition: 0, offset: 1 }], 1), {
    outcome: 'unknown',
    error: 'CLIENT_ENDED',
  });
  t.is(await member.leave(), 'CLIENT_ENDED');
});

test('one that is stopped answers when it is continued', async (t) => {
  const { member, library } = await joined(t);
  library.strike!('SIGSTOP');
  const polled = member.poll(1);
  const first = await Promise.race([
    polled.then(() => 'answer'),
    realClock()
      .sleep(200)
      .then(() => 'nothing'),
  ]);
  t.is(first, 'nothing');
  library.strike!('SIGCONT');
  t.is((await polled).records.length, 6);
});

test('another start of the program knows nothing of it', async (t) => {
  const program = openProgram(prepared('none'), { clock: realClock(), note: () => undefined });
  t.teardown(() => program.close());
  const member = createProgramMember(program, prepared('none'), OPTIONS);
  t.like(await member.commit([], 1), { outcome: 'fail', error: 'CLIENT_ENDED' });
  t.is(await member.join(), null);
  const pending = member.poll(1);
  program.strike('SIGKILL');
  await pending;
  // Its end is told by whatever it is asked then.
  while ((await member.poll(1)).error === null);
  await program.start();
  t.is((await member.poll(1)).error, 'CLIENT_ENDED');
  t.like(await member.commit([{ partition: 0, offset: 1 }], 1), { outcome: 'fail', error: 'CLIENT_ENDED' });
});

test('the offsets of a member go into a transaction of the same program', async (t) => {
  const library = openLibrary(prepared('none'));
  t.teardown(() => library.close());
  const client = library.openTransactional({
    worker: 3,
    endpoint: OPTIONS.endpoint,
    topic: 'out',
    acks: 'all',
    idempotence: true,
    retries: 0,
    requestTimeoutMs: 5_000,
    produceTimeoutMs: 1_000,
    connectionTimeoutMs: 5_000,
    encode: () => Buffer.alloc(0),
    transactions: { transactionalId: 'mine', timeoutMs: 10_000, version: 1, retryEnd: true },
  });
  await client.open();
  await client.begin();
  const sent = { group: 'g', offsets: [{ topic: 'kept', partition: 1, offset: 5 }] };
  t.deepEqual(JSON.parse((await client.sendOffsets({ ...sent, reader: 4 }))!), {
    worker: 3,
    reader: 4,
    offsets: [{ partition: 1, offset: 5 }],
  });
  t.is(await client.sendOffsets(sent), 'NO_CONSUMER_OF_THE_PROGRAM');
});

const OPTIONS: GroupMemberOptions = {
  number: 4,
  endpoint: { brokers: ['127.0.0.1:1'] },
  topic: 'kept',
  partitions: 2,
  isolation: 'read_committed',
  group: 'g',
  requestTimeoutMs: 5_000,
  connectionTimeoutMs: 5_000,
  membership: { protocol: 'classic', sessionTimeoutMs: 6_000, instance: 'i', commit: 'manual' },
};

function prepared(fault: string): PreparedClient {
  return {
    kind: 'command',
    library: 'in-memory',
    version: null,
    mode: 'application',
    command: [process.execPath, PROGRAM, fault],
    settings: { 'max.poll.records': '9' },
  };
}

async function joined(t: ExecutionContext, fault = 'none', spareMs = 20_000) {
  const library = openLibrary(prepared(fault));
  t.teardown(() => library.close());
  const member = library.openMember!({ ...OPTIONS, spareMs });
  const error = await member.join();
  return { library, member, error };
}
