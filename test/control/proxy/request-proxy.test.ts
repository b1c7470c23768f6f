import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { createFramer } from '../../../src/control/proxy/framing.ts';
import { createRequestProxy, type RequestRule } from '../../../src/control/proxy/request-proxy.ts';
import { NS_PER_MS, realClock } from '../../../src/core/clock.ts';
import { answer, cutAt, framed, produce, request } from './messages.ts';

/** What clients and brokers see of each other through the proxy, on real sockets. */
const LINKS = [
  { from: 'client', to: 'kafka1' },
  { from: 'kafka1', to: 'client' },
];
const clock = realClock();

/** A broker that writes down what it is sent, and answers each request in its order. */
async function broker(t: ExecutionContext, { isSilent = false } = {}) {
  const seen: { connection: number; id: number; atNs: number }[] = [];
  const sockets: Socket[] = [];
  const bytes: Buffer[] = [];
  const server = createServer((socket) => {
    const connection = sockets.push(socket) - 1;
    const framer = createFramer(8);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      bytes.push(chunk);
      for (const message of framer.push(chunk)) {
        const id = message.readInt32BE(8);
        seen.push({ connection, id, atNs: clock.nowNs() });
        if (!isSilent) socket.write(answer(id, Buffer.from(`answer ${id}`)));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const proxy = await createRequestProxy({
    host: '127.0.0.1',
    brokers: new Map([['kafka1', { host: '127.0.0.1', port }]]),
    clock,
  });
  t.teardown(async () => {
    await proxy.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const apply = (rule: Partial<RequestRule>) =>
    proxy.apply(
      { do: 'drop', api: 'Metadata', message: 'request', from: 'workers', skip: 0, every: 1, ...rule },
      LINKS,
    );
  const connected = () => client(t, proxy.places.get('kafka1')!);
  return { proxy, server, sockets, seen, bytes, apply, connected, ids: () => seen.map(({ id }) => id) };
}

async function client(t: ExecutionContext, place: { host: string; port: number }) {
  const socket = connect(place);
  await once(socket, 'connect');
  t.teardown(() => socket.destroy());
  const answers: { id: number; atNs: number }[] = [];
  const framer = createFramer(4);
  let error: string | null = null;
  socket.on('error', (thrown: NodeJS.ErrnoException) => (error = thrown.code ?? null));
  socket.on('data', (chunk) => {
    for (const message of framer.push(chunk))
      answers.push({ id: message.readInt32BE(4), atNs: clock.nowNs() });
  });
  return {
    socket,
    answers,
    ids: () => answers.map(({ id }) => id),
    error: () => error,
    ask: (id: number, api: 'Metadata' | 'EndTxn' | 'Heartbeat' = 'Metadata', clientId = 'kept-0') =>
      socket.write(request(api, id, { clientId })),
  };
}

/** Looks until it is so. @throws Error when that takes longer than any of these can. */
async function until(isSo: () => boolean): Promise<void> {
  const deadlineNs = clock.nowNs() + 20_000 * NS_PER_MS;
  while (!isSo()) {
    if (clock.nowNs() > deadlineNs) throw new Error(`it never came about: ${String(isSo)}`);
    await clock.sleep(5);
  }
}

test('without a rule every byte goes its way, whatever it is and however it is cut', async (t) => {
  const { connected, bytes, ids } = await broker(t);
  const one = await connected();
  const sent = Buffer.concat([
    request('Metadata', 1),
    produce(2, 1),
    request('EndTxn', 3),
    Buffer.from('\x16\x03\x01 no Kafka'),
  ]);
  for (const chunk of cutAt(sent, [1, 3, 4, 9, 30, 31, 70])) {
    one.socket.write(chunk);
    await clock.sleep(2);
  }
  await until(() => Buffer.concat(bytes).length === sent.length);
  t.deepEqual(Buffer.concat(bytes), sent);
  await until(() => one.answers.length === 3);
  t.deepEqual(
    [one.ids(), ids()],
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
  );
});

test('a request that is dropped never arrives; an answer that is dropped never comes back', async (t) => {
  const { connected, apply, ids } = await broker(t);
  const one = await connected();
  const rule = apply({ times: 1 });
  const other = apply({ times: 1, api: 'EndTxn', message: 'answer' });
  for (const id of [1, 2]) one.ask(id);
  for (const id of [3, 4]) one.ask(id, 'EndTxn');
  await until(() => one.ids().includes(4));
  t.deepEqual(ids(), [2, 3, 4]);
  t.deepEqual(one.ids(), [2, 4]);
  t.like(rule.account(), { struck: 1, matched: 2, unreadable: 0 });
  const [touched] = rule.account().first;
  t.like(touched, {
    api: 'Metadata',
    version: 7,
    correlationId: 1,
    clientId: 'kept-0',
    node: 'kafka1',
    did: 'dropped',
  });
  t.is((await other.first).correlationId, 3);
});

test('a delayed message holds up what is behind it, and no other connection', async (t) => {
  const { connected, apply, ids } = await broker(t);
  const [one, other] = [await connected(), await connected()];
  const rule = apply({ do: 'delay', delayMs: 150, times: 1 });
  const startNs = clock.nowNs();
  one.ask(1);
  one.ask(2);
  other.ask(3, 'Metadata', 'my-app');
  await until(() => rule.account().struck === 2);
  await until(() => one.answers.length === 2);
  t.deepEqual(one.ids(), [1, 2]);
  t.true(one.answers[0]!.atNs - startNs >= 149 * NS_PER_MS);
  t.deepEqual(
    ids().filter((id) => id !== 3),
    [1, 2],
  );
});

test('a held request goes on its own connection once one like it was answered on another, though the client has closed it', async (t) => {
  const { connected, apply, seen, ids } = await broker(t);
  const one = await connected();
  const rule = apply({ do: 'hold', api: 'EndTxn', from: [0], times: 1, delayMs: 30 });
  one.ask(1, 'EndTxn');
  await until(() => rule.account().struck === 1);
  const stranger = await connected();
  stranger.ask(9, 'EndTxn', 'my-app');
  one.socket.destroy();
  const two = await connected();
  two.ask(2, 'Heartbeat');
  await until(() => two.answers.length === 1);
  t.deepEqual(
    ids().filter((id) => id !== 9),
    [2],
    'another request, and another client, release nothing',
  );
  two.ask(3, 'EndTxn');
  await until(() => seen.length === 4);
  t.deepEqual(
    seen.map(({ id, connection }) => [id, connection]).filter(([id]) => id !== 9),
    [
      [2, 2],
      [3, 2],
      [1, 0],
    ],
  );
  t.regex(
    rule.account().first[0]!.did,
    /^held for \d+ ms, until after EndTxn 3 was answered on another connection$/,
  );
});

test('the answer to a request from before does not release what is held', async (t) => {
  const { connected, apply, ids } = await broker(t);
  const [one, two] = [await connected(), await connected()];
  apply({ do: 'delay', api: 'EndTxn', message: 'answer', times: 1, delayMs: 100 });
  const rule = apply({ do: 'hold', api: 'EndTxn', skip: 1, times: 1 });
  two.ask(1, 'EndTxn');
  await until(() => ids().length === 1);
  one.ask(2, 'EndTxn');
  await until(() => two.answers.length === 1 && rule.account().struck === 1);
  two.ask(3, 'Heartbeat');
  await until(() => two.answers.length === 2);
  t.deepEqual(ids(), [1, 3]);
});

test('what is held goes on when the rule is lifted, and a request that it names releases it too', async (t) => {
  const { connected, apply, ids } = await broker(t);
  const one = await connected();
  const rule = apply({ do: 'hold', times: 1 });
  one.ask(1);
  await until(() => rule.account().struck === 1);
  await rule.lift();
  await until(() => one.answers.length === 1);
  t.regex(rule.account().first[0]!.did, /^held for \d+ ms, until the end of the fault$/);
  const named = apply({ do: 'hold', times: 1, until: 'Heartbeat' });
  one.ask(2);
  await until(() => named.account().struck === 1);
  const two = await connected();
  two.ask(3);
  two.ask(4, 'Heartbeat');
  await until(() => one.answers.length === 2);
  t.deepEqual(ids(), [1, 3, 4, 2]);
});

test('a request that is sent twice arrives twice and is answered once; an answer that is sent twice comes twice', async (t) => {
  const { connected, apply, ids } = await broker(t);
  const one = await connected();
  const rule = apply({ do: 'duplicate', times: 1 });
  one.ask(1);
  one.ask(2);
  await until(() => one.ids().includes(2));
  t.deepEqual(
    [ids(), one.ids()],
    [
      [1, 1, 2],
      [1, 2],
    ],
  );
  await rule.lift();
  apply({ do: 'duplicate', message: 'answer' });
  one.ask(3);
  await until(() => one.answers.length === 4);
  t.deepEqual(one.ids(), [1, 2, 3, 3]);
});

test('a request lets the next one pass, or goes by itself where none comes', async (t) => {
  const { connected, apply, ids } = await broker(t);
  const one = await connected();
  const rule = apply({ do: 'reorder', every: 1, times: 4, delayMs: 100 });
  one.socket.write(Buffer.concat([1, 2, 3].map((id) => request('Metadata', id))));
  await until(() => one.answers.length === 3);
  t.deepEqual(ids(), [2, 1, 3]);
  t.deepEqual(
    rule.account().first.map(({ did }) => did),
    ['passed by the next one', 'passed the one before it', 'not passed by any other one'],
  );
});

test('a reset is seen by both sides: before the request arrives, or in the place of its answer', async (t) => {
  for (const message of ['request', 'answer'] as const) {
    const { connected, apply, ids, sockets } = await broker(t);
    const one = await connected();
    apply({ do: 'reset', message });
    one.ask(1);
    await until(() => one.error() !== null);
    t.is(one.error(), 'ECONNRESET');
    await until(() => sockets[0]!.destroyed);
    t.deepEqual([ids(), one.ids()], [message === 'request' ? [] : [1], []]);
  }
});

test('a slow connection takes its time for each byte', async (t) => {
  const { connected, apply } = await broker(t);
  const one = await connected();
  const size = request('Metadata', 1).length;
  apply({ do: 'throttle', bytesPerSecond: size * 20 });
  const startNs = clock.nowNs();
  for (const id of [1, 2, 3, 4]) one.ask(id);
  await until(() => one.answers.length === 4);
  t.true(one.answers[3]!.atNs - startNs >= 199 * NS_PER_MS, 'four of them at twenty a second');
  t.deepEqual(one.ids(), [1, 2, 3, 4]);
});

test('a broker that is not there, or goes away, is no more there for the client', async (t) => {
  const { connected, server, sockets } = await broker(t);
  const one = await connected();
  one.ask(1);
  await until(() => one.answers.length === 1);
  sockets[0]!.resetAndDestroy();
  await until(() => one.error() !== null);
  const two = await connected();
  two.ask(2);
  await until(() => two.answers.length === 1);
  sockets[1]!.end();
  await once(two.socket, 'end');
  server.close();
  const three = await connected();
  await until(() => three.error() !== null || three.socket.destroyed);
  t.pass();
});

test('it ends whatever its clients and brokers have not ended', async (t) => {
  const { connected, proxy, sockets, apply } = await broker(t);
  const [one, two] = [await connected(), await connected()];
  const rule = apply({ do: 'hold', from: [0] });
  for (const each of [one, two]) each.ask(1, 'Metadata', each === one ? 'kept-0' : 'kept-1');
  await until(() => rule.account().struck === 1 && two.answers.length === 1);
  // Of this one the broker has ended its side, and the client goes on.
  sockets.at(-1)!.end();
  await proxy.close();
  await until(() => one.socket.destroyed && two.socket.destroyed);
  t.pass();
});

test('who watches is told what brokers answered to Produce requests, whatever becomes of the answers', async (t) => {
  const { proxy, connected, apply } = await broker(t);
  const told: string[] = [];
  const watch = (name: string) =>
    proxy.watchProduce(({ node, request: { correlationId, clientId }, asked, answer: answered }) =>
      told.push(`${name}: ${node} ${clientId} ${correlationId} ${asked.length} ${answered.readInt32BE(4)}`),
    );
  const one = await connected();
  one.socket.write(produce(1, 1));
  await until(() => one.answers.length === 1);
  const stop = watch('first');
  const bytes = produce(2, 1);
  const dropped = apply({ do: 'drop', api: 'Produce', message: 'answer' });
  one.socket.write(bytes);
  await until(() => told.length === 1);
  await dropped.lift();
  t.is(one.answers.length, 1, 'its client never learned of it');
  stop();
  watch('second');
  one.ask(3);
  one.socket.write(produce(4, 1));
  await until(() => one.answers.length === 3);
  t.deepEqual(told, [
    `first: kafka1 kept-0 2 ${bytes.length} 2`,
    `second: kafka1 kept-0 4 ${bytes.length} 4`,
  ]);
});

test('what cannot be read is counted, and nothing of it struck', async (t) => {
  const { connected, apply, bytes } = await broker(t, { isSilent: true });
  const one = await connected();
  const rule = apply({ api: 'any', from: 'anyone' });
  const hello = Buffer.from('16030100f8010000f40303', 'hex');
  one.socket.write(hello);
  await until(() => bytes.length > 0);
  t.deepEqual(Buffer.concat(bytes), hello);
  t.like(rule.account(), { struck: 0, unreadable: 1 });
  one.socket.destroy();
  const two = await connected();
  two.socket.write(
    Buffer.concat([
      request('SaslHandshake', 1, { version: 0, clientId: 'kept' }),
      framed(Buffer.from('token')),
    ]),
  );
  await until(() => rule.account().unreadable === 2);
  t.is(rule.account().unreadable, 2, 'those that are closed count, too');
});
