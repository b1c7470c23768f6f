import test from 'ava';
import { fc } from '@fast-check/ava';
import {
  createConversation,
  type Conversation,
  type Message,
} from '../../../src/control/proxy/conversation.ts';
import { readRequestHeader } from '../../../src/control/proxy/request-header.ts';
import { KAFKA_APIS, type KafkaApi } from '../../../src/core/kafka-apis.ts';
import { holds } from '../../holds.ts';
import { answer, cutAt, framed, produce, request } from './messages.ts';

const conversation = (): Conversation => {
  let number = 0;
  return createConversation(() => number++);
};
const said = (messages: readonly Message[]) =>
  messages.map(
    ({ request: read }) => read && { api: read.api, id: read.correlationId, client: read.clientId },
  );

const apis = Object.keys(KAFKA_APIS).filter((api) => api !== 'SaslHandshake') as KafkaApi[];
const body = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
const places = fc.array(fc.nat({ max: 5_000 }), { maxLength: 30 });
const requests = fc.array(
  fc.record({
    api: fc.constantFrom(...apis),
    clientId: fc.option(fc.string({ unit: 'binary', maxLength: 12 })),
    body,
  }),
  { maxLength: 12 },
);

test('however TCP cuts the streams, the same messages come out, byte for byte, and answers find their requests', (t) => {
  holds(
    t,
    fc.property(requests, places, places, (asked, cuts, otherCuts) => {
      const sent = asked.map((each, index) =>
        each.api === 'Produce'
          ? produce(index, index % 2, each.clientId ?? '')
          : request(each.api, index, { clientId: each.clientId, body: each.body }),
      );
      const talk = conversation();
      const read = cutAt(Buffer.concat(sent), cuts).flatMap((chunk) => talk.fromClient(chunk));
      t.deepEqual(
        read.map(({ bytes }) => bytes),
        sent,
      );
      t.deepEqual(
        said(read),
        asked.map(({ api, clientId }, id) => ({
          api: KAFKA_APIS[api],
          id,
          client: api === 'Produce' ? (clientId ?? '') : clientId,
        })),
      );
      for (const { request: each } of read) talk.sent(each!);
      // A Produce with acks=0 is not answered.
      const answered = asked.flatMap(({ api, body: of }, id) =>
        api === 'Produce' && id % 2 === 0 ? [] : [{ id, bytes: answer(id, of) }],
      );
      const given = cutAt(Buffer.concat(answered.map(({ bytes }) => bytes)), otherCuts).flatMap((chunk) =>
        talk.fromBroker(chunk),
      );
      t.deepEqual(
        given.map(({ bytes }) => bytes),
        answered.map(({ bytes }) => bytes),
      );
      t.deepEqual(
        given.map(({ request: each }) => each?.correlationId),
        answered.map(({ id }) => id),
      );
      t.deepEqual([talk.rest('client').length, talk.rest('broker').length], [0, 0]);
      t.true(talk.isReadable);
    }),
  );
});

test('whatever the bytes are, all of them come out, in their order', (t) => {
  const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  holds(
    t,
    fc.property(requests, noise, places, noise, places, (asked, junk, cuts, otherJunk, otherCuts) => {
      const sent = Buffer.concat([
        ...asked.map((each, id) => request(each.api, id, { body: each.body })),
        junk,
      ]);
      const talk = conversation();
      const read = cutAt(sent, cuts).flatMap((chunk) => talk.fromClient(chunk));
      const back = cutAt(otherJunk, otherCuts).flatMap((chunk) => talk.fromBroker(chunk));
      const all = (messages: Message[], rest: Buffer) =>
        Buffer.concat([...messages.map(({ bytes }) => bytes), rest]);
      t.deepEqual(all(read, talk.rest('client')), sent);
      t.deepEqual(all(back, talk.rest('broker')), otherJunk);
    }),
  );
});

test('TLS and tokens of SASL are passed on as they are, and said to be unreadable', (t) => {
  const hello = Buffer.from('16030100f8010000f40303', 'hex');
  const tls = conversation();
  t.deepEqual(tls.fromClient(hello), [{ bytes: hello, request: null }]);
  t.false(tls.isReadable);
  t.deepEqual(tls.fromBroker(hello), [{ bytes: hello, request: null }]);

  const sasl = conversation();
  const token = framed(Buffer.from('\0me\0secret'));
  const handshake = request('SaslHandshake', 1, { version: 0 });
  t.is(sasl.fromClient(Buffer.concat([handshake, token])).length, 2);
  t.false(sasl.isReadable);
  const newer = conversation();
  newer.fromClient(request('SaslHandshake', 1, { version: 1 }));
  t.true(newer.isReadable, 'its tokens come in requests of their own');
});

test('the answer to a copy is told from the answer to the request', (t) => {
  const talk = conversation();
  const [asked] = talk.fromClient(request('Metadata', 5));
  talk.sent(asked!.request!);
  talk.sent(asked!.request!, { isCopy: true });
  t.deepEqual(
    talk
      .fromBroker(Buffer.concat([answer(5), answer(5), answer(5)]))
      .map((each) => [each.request?.api, each.answersCopy]),
    [
      [3, undefined],
      [3, true],
      [undefined, undefined],
    ],
  );
});

test('a Produce with acks=0 waits for no answer, so none is taken for its own', (t) => {
  const talk = conversation();
  const [sent] = talk.fromClient(produce(5, 0));
  talk.sent(sent!.request!);
  t.deepEqual(talk.fromBroker(answer(5)), [{ bytes: answer(5), request: null }]);
});

test('the acks of a Produce are found in every version', (t) => {
  const acks = (version: number, before: string, value: number) => {
    const rest = Buffer.alloc(2);
    rest.writeInt16BE(value);
    return readRequestHeader(
      request('Produce', 1, { version, body: Buffer.concat([Buffer.from(before, 'hex'), rest]) }),
    )?.isAnswered;
  };
  for (const value of [0, 1, -1]) {
    const isAnswered = value !== 0;
    t.is(acks(2, '', value), isAnswered, 'acks first');
    t.is(acks(7, 'ffff', value), isAnswered, 'no transaction');
    t.is(acks(8, `0003${Buffer.from('txn').toString('hex')}`, value), isAnswered, 'a transaction');
    t.is(acks(9, '0000', value), isAnswered, 'no tags, no transaction');
    t.is(acks(12, `0004${Buffer.from('txn').toString('hex')}`, value), isAnswered, 'a compact name');
    t.is(acks(9, '01050311223300', value), isAnswered, 'a tag of three bytes');
  }
  t.is(readRequestHeader(request('Produce', 1, { version: 9 })), null, 'it ends before it says them');
});
