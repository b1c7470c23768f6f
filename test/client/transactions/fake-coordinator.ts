/**
 * A transaction coordinator of a few lines, for one transactional id, as an addition to the fake broker: it keeps what was
 * really ended how, and does to each request what the test tells it to, so that what a driver says of an end can be held
 * against what became of it.
 */
import type { FakeAddition, FakeRequest } from '../fake-broker.ts';
import { FlexibleReader, FlexibleWriter } from '../../../src/client/kafkajs/transactions/flexible.ts';

export type CoordinatorApi = 'FindCoordinator' | 'InitProducerId' | 'AddPartitionsToTxn' | 'EndTxn';

/** What is done is done before the answer, or instead of one. */
export type CoordinatorReaction =
  | { do: 'answer' }
  /** Answer with an error code. */
  | { do: 'refuse'; code: number; carryOut?: boolean }
  /** Close the connection without an answer. */
  | { do: 'hang-up'; carryOut: boolean }
  /** Say nothing. */
  | { do: 'hold'; carryOut: boolean };

export interface FakeCoordinator extends FakeAddition {
  react: (api: CoordinatorApi) => CoordinatorReaction;
  /** Requests in the order of arrival. */
  asked: CoordinatorApi[];
  /** How transactions ended, in the order in which they were opened. */
  ended: ('commit' | 'abort')[];
  epoch: number;
  /** Whether a transaction is open. */
  isOpen: boolean;
}

export const PRODUCER_ID = 4000;
const NAMES: Readonly<Record<number, CoordinatorApi>> = {
  10: 'FindCoordinator',
  22: 'InitProducerId',
  24: 'AddPartitionsToTxn',
  26: 'EndTxn',
};
const INVALID_PRODUCER_EPOCH = 47;
const INVALID_TXN_STATE = 48;

/** @param options.feature the level of transaction.version; null: no features are told */
export function fakeCoordinator({
  version,
  feature = version,
}: {
  version: 1 | 2;
  feature?: number | null;
}): FakeCoordinator {
  const self: FakeCoordinator = {
    apis: [
      [0, version === 1 ? 7 : 12],
      [10, 2],
      [18, feature === null ? 0 : 3],
      [24, 1],
      [25, 1],
      [26, version === 1 ? 1 : 5],
      [28, version === 1 ? 1 : 5],
    ],
    react: () => ({ do: 'answer' }),
    asked: [],
    ended: [],
    epoch: -1,
    isOpen: false,
    take(request) {
      if (request.apiKey === 18 && request.apiVersion === 3) {
        request.answer(features(feature ?? 0));
        return true;
      }
      if (request.apiKey === 0 && request.apiVersion === 12) {
        produce(request);
        return true;
      }
      const api = NAMES[request.apiKey];
      if (api === undefined) return false;
      self.asked.push(api);
      react(request, self.react(api), { FindCoordinator: find, InitProducerId: init, AddPartitionsToTxn: add, EndTxn: end }[api]); // prettier-ignore
      return true;
    },
  };

  /** Each of these carries a request out where it may, and says how to answer it; with a code of its own where told one. */
  type Act = (request: FakeRequest, code: number, isCarriedOut: boolean) => Buffer;

  const react = (request: FakeRequest, reaction: CoordinatorReaction, act: Act): void => {
    if (reaction.do === 'answer') return request.answer(act(request, 0, true));
    const answer = act(request, reaction.do === 'refuse' ? reaction.code : 0, reaction.carryOut === true);
    if (reaction.do === 'refuse') request.answer(answer);
    if (reaction.do === 'hang-up') request.hangUp();
  };

  const find: Act = ({ port }, code) =>
    plain((writer) => {
      writer.int32(0).int16(code).int16(-1).int32(code === 0 ? 1 : -1); // prettier-ignore
      const host = Buffer.from(code === 0 ? '127.0.0.1' : '');
      writer.int16(host.length);
      for (const byte of host) writer.int8(byte);
      writer.int32(code === 0 ? port : -1);
    });

  const init: Act = (_request, code, isCarriedOut) => {
    if (isCarriedOut) {
      finish('abort');
      self.epoch++;
    }
    return plain((writer) => writer.int32(0).int16(code).int64(code === 0 ? PRODUCER_ID : -1).int16(self.epoch)); // prettier-ignore
  };

  const add: Act = ({ body }, code, isCarriedOut) => {
    const at = 2 + body.readInt16BE(0) + 8;
    const isCurrent = body.readInt16BE(at) === self.epoch;
    if (isCurrent && isCarriedOut) self.isOpen = true;
    return plain((writer) => {
      writer.int32(0).int32(1).int16(5);
      for (const byte of Buffer.from('audit')) writer.int8(byte);
      writer
        .int32(1)
        .int32(0)
        .int16(code !== 0 || isCurrent ? code : INVALID_PRODUCER_EPOCH);
    });
  };

  const end: Act = ({ body, apiVersion }, code, isCarriedOut) => {
    const isFlexible = apiVersion >= 3;
    const reader = new FlexibleReader(body);
    if (isFlexible) {
      reader.tags();
      reader.text();
    } else for (let left = reader.int16(); left > 0; left--) reader.int8();
    reader.int64();
    const epoch = reader.int16();
    const how = reader.int8() === 1 ? 'commit' : 'abort';
    const isLast = self.epoch === epoch + (isFlexible ? 1 : 0) && !self.isOpen && self.ended.at(-1) === how;
    const isOwn = epoch === self.epoch && self.isOpen;
    const refusal = epoch === self.epoch ? INVALID_TXN_STATE : INVALID_PRODUCER_EPOCH;
    const own = isOwn || isLast ? 0 : refusal;
    if (isOwn && isCarriedOut) {
      finish(how);
      if (isFlexible) self.epoch++;
    }
    const told = code === 0 ? own : code;
    const written = new FlexibleWriter();
    if (isFlexible) written.tags();
    written.int32(0).int16(told);
    if (isFlexible)
      written
        .int64(told === 0 ? PRODUCER_ID : -1)
        .int16(told === 0 ? self.epoch : -1)
        .tags();
    return written.written();
  };

  const finish = (how: 'commit' | 'abort'): void => {
    if (self.isOpen) self.ended.push(how);
    self.isOpen = false;
  };

  /** Of version 12: the partition is added by the way. */
  const produce = (request: FakeRequest): void => {
    const reader = new FlexibleReader(request.body);
    reader.tags();
    reader.text();
    reader.int16();
    reader.int32();
    const [batch] = reader.array(() => {
      reader.text();
      const [records] = reader.array(() => {
        reader.int32();
        const bytes = reader.bytes();
        reader.tags();
        return bytes;
      });
      reader.tags();
      return records;
    });
    const told = request.produce(Buffer.from(batch!));
    if (told === null) return;
    if (told.code === 0) self.isOpen = true;
    const writer = new FlexibleWriter().tags();
    writer.array([told], ({ code, offset }) => {
      writer.text('audit').array([0], (partition) => {
        writer.int32(partition).int16(code).int64(offset).int64(-1).int64(0);
        writer.array([], () => undefined);
        writer.text(null).tags();
      });
      writer.tags();
    });
    request.answer(writer.int32(0).tags().written());
  };

  return self;
}

function plain(write: (writer: FlexibleWriter) => void): Buffer {
  const writer = new FlexibleWriter();
  write(writer);
  return writer.written();
}

/** ApiVersions, version 3, of which only the features matter here. */
function features(level: number): Buffer {
  const epoch = new FlexibleWriter().int64(7).written();
  const writer = new FlexibleWriter();
  writer.array([level], (most) => writer.text('transaction.version').int16(most).int16(0).tags());
  const finalized = writer.written();
  const answer = new FlexibleWriter()
    .int16(0)
    .array([], () => undefined)
    .int32(0)
    .varint(2); // tagged fields: one that nobody here asks for, and the features
  for (const [tag, field] of [
    [1, epoch],
    [2, finalized],
  ] as const) {
    answer.varint(tag).varint(field.length);
    for (const byte of field) answer.int8(byte << 24 >> 24); // prettier-ignore
  }
  return answer.written();
}
