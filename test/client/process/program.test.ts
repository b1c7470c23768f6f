import { generateKeyPairSync } from 'node:crypto';
import { resolve } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { DriverOptions } from '../../../src/client/driver-options.ts';
import { Secret } from '../../../src/core/secret.ts';
import { openLibrary } from '../../../src/client/libraries.ts';

/** A client in a program of its own: what it says is taken at its word, and what it does not say proves nothing. */
const PROGRAM = resolve('test/client/process/program.js');

test('what the program acknowledges is ok, at the offset that it names', async (t) => {
  const { write } = await setUp(t);
  const attempts = 1;
  t.like(await write('a'), { outcome: 'ok', error: null, offset: 0, attempts, broker: null });
  t.like(await write('b'), { outcome: 'ok', offset: 1 });
  t.like(await write('nowhere'), { outcome: 'ok', offset: null });
});

test('each value of a request has a fate of its own', async (t) => {
  const { write } = await setUp(t);
  const { each } = await write('a', 'half', 'b');
  t.deepEqual(each, [
    { outcome: 'ok', error: null, offset: 0 },
    { outcome: 'info', error: 'RecordTooLarge', offset: null },
    { outcome: 'ok', error: null, offset: 1 },
  ]);
});

test('a failure that the program reports proves nothing, and neither does an answer about too few values', async (t) => {
  const { write } = await setUp(t, { retries: 4 });
  t.like(await write('refuse'), { outcome: 'info', error: 'TimeoutException', offset: null, attempts: 5 });
  t.like(await write('too-few'), { outcome: 'info', error: 'CLIENT_MISCOUNTED' });
});

test('how often a record was sent is what the program says, or all that it may have been', async (t) => {
  const { write } = await setUp(t, { retries: 4 });
  t.is((await write('twice')).attempts, 2);
  t.is((await write('a')).attempts, 5);
  t.is((await write('twice', 'a')).attempts, 5);
});

test('without a limit of retries the fate of a record must be told within two minutes', async (t) => {
  const library = openLibrary(prepared('echo'));
  t.teardown(() => library.close());
  const client = library.open({ ...options, retries: 2_147_483_647 });
  const error = await t.throwsAsync(client.open());
  t.like(JSON.parse(/Echo: (.*)\.$/.exec(error.message)![1]!), { deliveryTimeoutMs: 120_000 });
});

test('acks=0 is handed over, and nothing is acknowledged', async (t) => {
  const { write } = await setUp(t, { acks: 0 });
  t.like(await write('a'), { outcome: 'sent', offset: null });
});

test('a program that gives no answer is not waited for', async (t) => {
  const { write } = await setUp(t, { requestTimeoutMs: 1, connectionTimeoutMs: 1 });
  const silent = write('silence');
  t.like(await write('a'), { outcome: 'ok' });
  t.like(await silent, { outcome: 'info', error: 'CLIENT_SILENT' });
});

for (const how of ['crash', 'garbage']) {
  test(`after a ${how} all that was under way is unknown, and the program is started again, which is told`, async (t) => {
    const { write, notes } = await setUp(t);
    const [before, fatal] = await Promise.all([write('silence'), write(how)]);
    t.like(before, { outcome: 'info', error: 'CLIENT_ENDED' });
    t.like(fatal, { outcome: 'info', error: 'CLIENT_ENDED' });
    // A new start has an empty log.
    t.like(await write('a'), { outcome: 'ok', offset: 0 });
    const why =
      how === 'crash' ? 'it ended with status 1' : 'it printed what is no answer: DEBUG sending garbage';
    t.deepEqual(notes, [`The client's program was started again: ${why}.`]);
  });
}

test('what is given to no program has certainly not been sent', async (t) => {
  const client = openLibrary(prepared('stillborn')).open(options);
  t.deepEqual(await client.write({ worker: 3, seq: 0, partition: 0 }), {
    outcome: 'fail', error: 'CLIENT_UNAVAILABLE', offset: null, attempts: 0, broker: null,
  }); // prettier-ignore
});

const STARTS: [fault: string, message: RegExp][] = [
  ['stillborn', /does not start: it ended with status 3: the library libkafka\.so is missing\.$/],
  ['noisy', /does not start: its first line says nothing of a protocol: Welcome to my client!\.$/],
  ['newer', /does not start: it speaks version 2 of the protocol, and this program version 1\.$/],
  ['homeless', /could not connect to 127\.0\.0\.1:1: NoBrokers: none answers\.$/],
  ['mortal', /could not connect to 127\.0\.0\.1:1: it ended with status 1\.$/],
];
for (const [fault, message] of STARTS) {
  test(`a program that is ${fault} ends in one sentence`, async (t) => {
    const library = openLibrary(prepared(fault));
    const error = await t.throwsAsync(library.open(options).open());
    t.regex(error.message, message);
    await library.close();
  });
}

test('a program that is not there ends in one sentence', async (t) => {
  const library = openLibrary({ ...prepared('none'), command: ['/no/such/client'] });
  const error = await t.throwsAsync(library.open(options).open());
  t.regex(error.message, /does not start: it could not be started \(.*ENOENT/);
});

test('the program is told how to reach the cluster, secrets included, beginning with the broker of the worker', async (t) => {
  const library = openLibrary({ ...prepared('echo'), settings: { 'linger.ms': '5' } });
  t.teardown(() => library.close());
  const client = library.open({
    ...options,
    retries: 2,
    endpoint: {
      brokers: ['a:1', 'b:2'],
      tls: { ca: 'PEM', verifyHost: true },
      sasl: { mechanism: 'PLAIN', username: 'me', password: new Secret('hush') },
    },
  });
  const error = await t.throwsAsync(client.open());
  t.deepEqual(JSON.parse(/Echo: (.*)\.$/.exec(error.message)![1]!), {
    worker: 3,
    topic: 'kept',
    brokers: ['b:2', 'a:1'],
    tls: { ca: 'PEM', cert: null, key: null, keyPassphrase: null, verifyHost: true },
    sasl: { mechanism: 'PLAIN', username: 'me', password: 'hush' },
    acks: 'all',
    idempotence: false,
    retries: 2,
    requestTimeoutMs: 5_000,
    deliveryTimeoutMs: 15_000,
    connectionTimeoutMs: 5_000,
    transactions: null,
    settings: { 'linger.ms': '5' },
  });
});

test('a worker in transactions is opened with its id, and begins and ends as it is told', async (t) => {
  const echo = inTransactions(t, 'echo');
  const error = await t.throwsAsync(echo.client.open());
  t.like(JSON.parse(/Echo: (.*)\.$/.exec(error.message)![1]!), {
    idempotence: true,
    transactions: { id: 'mine', timeoutMs: 10_000 },
  });
  const { client, write } = inTransactions(t, 'none');
  await client.open();
  t.deepEqual(await client.begin(), { producer: null, error: null });
  t.like(await write('a'), { outcome: 'ok', offset: 0 });
  t.like(await client.end('commit'), { outcome: 'committed', error: null });
});

const ENDS: [fault: string, told: object][] = [
  ['fenced', { outcome: 'aborted', error: 'ProducerFenced', attempts: 0 }],
  ['torn', { outcome: 'unknown', error: 'CommitFailed', attempts: 1, answered: 0 }],
  ['endless', { outcome: 'unknown', error: 'CLIENT_SILENT' }],
];
for (const [fault, told] of ENDS) {
  test(`a commit of a program that is ${fault} is ${JSON.stringify(told)}`, async (t) => {
    const { client } = inTransactions(t, fault);
    await client.open();
    await client.begin();
    t.like(await client.end('commit'), told);
  });
}

test('a transaction of a program that was started again is not gone on with', async (t) => {
  const { client, write } = inTransactions(t, 'none');
  await client.open();
  await client.begin();
  t.like(await write('crash'), { outcome: 'info', error: 'CLIENT_ENDED' });
  t.like(await client.end('abort'), { outcome: 'aborted', error: 'CLIENT_ENDED' });
  // Whoever asks first starts it again, and another worker may have been the first.
  await client.open();
  await client.begin();
  t.like(await write('crash'), { outcome: 'info', error: 'CLIENT_ENDED' });
  await client.open();
  t.like(await write('b'), { outcome: 'fail', error: 'CLIENT_ENDED', attempts: 0 });
  t.like(await client.end('commit'), { outcome: 'unknown', error: 'CLIENT_ENDED' });
  await client.begin();
  t.like(await write('c'), { outcome: 'ok', offset: 0 });
});

test('a key store that the program could not read is refused', (t) => {
  const tls = { archive: new Secret('PKCS12'), verifyHost: true };
  const error = t.throws(() =>
    openLibrary(prepared('none')).open({ ...options, endpoint: { brokers: ['a:1'], tls } }),
  );
  t.regex(error.message, /as PEM only\.$/);
});

test('a key is handed over as PKCS#8 without a passphrase, in whatever form it was given', async (t) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const plain = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const encrypted = privateKey
    .export({ type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hush' })
    .toString();
  const library = openLibrary(prepared('echo'));
  t.teardown(() => library.close());
  const tls = { key: new Secret(encrypted), keyPassphrase: new Secret('hush'), verifyHost: true };
  const client = library.open({ ...options, endpoint: { brokers: ['a:1'], tls } });
  const error = await t.throwsAsync(client.open());
  t.like(JSON.parse(/Echo: (.*)\.$/.exec(error.message)![1]!), {
    tls: { key: plain, keyPassphrase: null },
  });
});

const options: DriverOptions = {
  worker: 3,
  endpoint: { brokers: ['127.0.0.1:1'] },
  topic: 'kept',
  acks: 'all',
  idempotence: false,
  retries: 0,
  requestTimeoutMs: 5_000,
  produceTimeoutMs: 1_000,
  connectionTimeoutMs: 5_000,
  encode: () => Buffer.alloc(0),
};

function prepared(fault: string) {
  return {
    kind: 'command' as const,
    library: 'in-memory',
    version: '1.2.3',
    mode: 'application' as const,
    command: [process.execPath, PROGRAM, fault],
    settings: {},
  };
}

/** A worker's client that writes in transactions. */
function inTransactions(t: ExecutionContext, fault: string) {
  const library = openLibrary(prepared(fault));
  t.teardown(() => library.close());
  const words: string[] = [];
  const client = library.openTransactional({
    ...options,
    encode: ({ seq }) => Buffer.from(words[seq]!),
    transactions: {
      transactionalId: 'mine',
      timeoutMs: 10_000,
      version: 1,
      retryEnd: true,
      retryEndMs: fault === 'endless' ? 1 : 5_000,
    },
  });
  const write = (value: string) => client.write({ worker: 3, seq: words.push(value) - 1, partition: 0 });
  return { client, write };
}

/** A worker's client; `write` sends values that say what is to become of them. */
async function setUp(t: ExecutionContext, changed: Partial<DriverOptions> = {}) {
  const notes: string[] = [];
  const library = openLibrary(prepared('none'), { note: (text) => notes.push(text) });
  t.teardown(() => library.close());
  const words: string[] = [];
  const client = library.open({
    ...options,
    encode: ({ seq }) => Buffer.from(words[seq]!),
    ...changed,
  });
  await client.open();
  const write = (...values: string[]) => {
    const seq = words.push(...values) - values.length;
    return client.write({ worker: 3, seq, partition: 0, records: values.length });
  };
  return { library, client, write, notes };
}
