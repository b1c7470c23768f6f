// The protocol of docs/clients.md, spoken by a program that uses kafkajs: the shortest one that is of use.
import { createInterface } from 'node:readline';
import kafkajs from 'kafkajs';

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const producers = new Map();

const requests = {
  async open({
    worker,
    brokers,
    acks,
    idempotence,
    retries,
    requestTimeoutMs,
    connectionTimeoutMs,
    transactions,
  }) {
    const retry = { retries };
    const kafka = new kafkajs.Kafka({
      brokers,
      requestTimeout: requestTimeoutMs,
      connectionTimeout: connectionTimeoutMs,
      retry,
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const producer = kafka.producer({
      idempotent: idempotence,
      retry,
      ...(transactions !== null && {
        transactionalId: transactions.id,
        transactionTimeout: transactions.timeoutMs,
        maxInFlightRequests: 1,
      }),
    });
    await producer.connect();
    producers.set(worker, { producer, transaction: null, acks: acks === 'all' ? -1 : acks });
  },
  async begin({ worker }) {
    const session = producers.get(worker);
    session.transaction = await session.producer.transaction();
  },
  async end({ worker, how }) {
    const session = producers.get(worker);
    await (how === 'commit' ? session.transaction.commit() : session.transaction.abort());
    session.transaction = null;
  },
  async write({ worker, topic, partition, values }) {
    const { producer, transaction, acks } = producers.get(worker);
    const messages = values.map((value) => ({ partition, value }));
    const sender = transaction ?? producer;
    const [{ baseOffset = '-1' } = {}] = await sender.send({ topic, acks, messages });
    const first = Number(baseOffset);
    return { results: values.map((_, index) => ({ offset: first < 0 ? null : first + index })) };
  },
  async close({ worker }) {
    await producers.get(worker).producer.disconnect();
  },
};

say({ protocol: 1, library: 'kafkajs-program', version: '1.0.0', transactions: true });
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { op, id, ...asked } = JSON.parse(line);
  requests[op](asked).then(
    (answer) => say({ id, ...answer }),
    (error) =>
      say({ id, error: error.cause?.type ?? error.cause?.name ?? error.name, detail: error.message }),
  );
});
// Whoever started it is gone: so is it, whatever is still under way.
lines.on('close', () => process.exit(0));
