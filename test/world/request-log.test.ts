import test from 'ava';
import { decodeRecords } from '../../src/client/kafkajs/records.ts';
import type { SeenRequest } from '../../src/control/proxy/conversation.ts';
import { KAFKA_APIS } from '../../src/core/kafka-apis.ts';
import type { ProducedEvent } from '../../src/history/event.ts';
import { ANY_PARTITION, createDecoder, createEncoder } from '../../src/history/value.ts';
import { createRequestLog } from '../../src/world/request-log.ts';
import { produceAnswer, produceRequest } from '../control/proxy/messages.ts';
import { batchOf } from '../client/batch.ts';
import { virtualClock } from '../../src/core/virtual-clock.ts';

/** What the proxy sees of requests and answers becomes events of the history. */
const PLACE = { run: 'run', topic: 'orders' };
const encode = createEncoder({ ...PLACE, sizeBytes: 80 });

/** A request and its answer, as far as they are unlike others. */
interface Answered {
  code?: number;
  offset?: number;
  partition?: number;
  clientId?: string;
  version?: number;
  producerId?: number;
  epoch?: number;
  sequence?: number;
  attributes?: number;
}

function log() {
  const events: ProducedEvent[] = [];
  const requestLog = createRequestLog({
    decode: createDecoder(PLACE),
    record: (event) => events.push(event),
    clock: virtualClock(),
  });
  const answered = (values: Buffer[], what: Answered = {}): void => {
    const { code = 0, offset = 0, partition = 0, clientId = 'kept-0', version = 7, ...batch } = what;
    const request: SeenRequest = {
      api: KAFKA_APIS.Produce,
      version,
      correlationId: 1,
      clientId,
      isAnswered: true,
      number: 0,
    };
    requestLog.answered({
      node: 'kafka2',
      request,
      asked: produceRequest(partition, batchOf(values, batch), clientId),
      answer: produceAnswer(partition, { code, offset }),
    });
  };
  return {
    events,
    answered,
    partitionOf: (worker: number, seq: number) => requestLog.partitionOf(worker, seq),
  };
}

const value = (seq: number, partition = 0) => encode({ worker: 0, seq, partition });

test('a batch of the test is one that is read', (t) => {
  const { records } = decodeRecords(batchOf([value(3)], { producerId: 9, epoch: 2, sequence: 5 }), {
    partition: 0,
    from: 0,
    end: Infinity,
  });
  t.like(records[0], { batch: { producerId: 9, epoch: 2, sequence: 5 } });
});

test('what a broker answered is an event: which records, under which number, and where', (t) => {
  const { events, answered } = log();
  answered([value(3), value(4)], { offset: 17, producerId: 9, epoch: 2, sequence: 5 });
  answered([value(5, 1)], { partition: 1, code: 6, offset: -1 });
  t.deepEqual(events, [
    {
      type: 'produced',
      timeNs: 0,
      node: 'kafka2',
      partition: 0,
      values: [
        [0, 3],
        [0, 4],
      ],
      producerId: 9,
      epoch: 2,
      sequence: 5,
      code: 0,
      offset: 17,
    },
    { type: 'produced', timeNs: 0, node: 'kafka2', partition: 1, values: [[0, 5]], code: 6, offset: null },
  ]);
});

test('records of nobody are left out, and clients that are no workers', (t) => {
  const { events, answered } = log();
  answered([Buffer.from('not of this run'), value(0)]);
  answered([value(1)], { clientId: 'kept-reader' });
  t.deepEqual(
    events.map(({ values }) => values),
    [[[0, 0]]],
  );
});

test('what cannot be read is said to be so', (t) => {
  const { events, answered } = log();
  answered([value(0)], { version: 2 });
  // Compressed with snappy.
  answered([value(0)], { attributes: 2 });
  t.like(events[0], { partition: null, values: null, code: null });
  t.like(events[1], { partition: 0, values: null, code: 0 });
});

test('a record is where it was taken first, else where it was sent last', (t) => {
  const { answered, partitionOf } = log();
  const anywhere = encode({ worker: 0, seq: 0, partition: ANY_PARTITION });
  t.is(partitionOf(0, 0), null);
  answered([anywhere], { partition: 3, code: 6 });
  t.is(partitionOf(0, 0), 3);
  answered([anywhere], { partition: 1 });
  answered([anywhere], { partition: 2 });
  answered([anywhere], { partition: 4, code: 6 });
  t.is(partitionOf(0, 0), 1);
});
