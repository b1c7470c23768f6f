import { KAFKA_APIS } from '../../core/kafka-apis.ts';
import { createFramer } from './framing.ts';
import {
  ANSWER_BYTES_MIN,
  correlationIdOf,
  readRequestHeader,
  REQUEST_BYTES_MIN,
  type RequestHeader,
} from './request-header.ts';

/** A request as it came by. */
export interface SeenRequest extends RequestHeader {
  /** Its place among all requests that the proxy has seen, whatever their connection. */
  number: number;
}

/** A message on its way, unchanged. */
export interface Message {
  bytes: Buffer;
  /** Null for what is no request, or answers none that is known. */
  request: SeenRequest | null;
  /** Set where it answers the copy of a request that the client has made once. */
  answersCopy?: true;
}

/**
 * What one connection says, both ways: which requests, and which answer belongs to which. Bytes in, messages out, whose bytes
 * together are always exactly those that came in.
 */
export interface Conversation {
  /** False once it cannot be read: TLS, tokens of SASL, another protocol. Then its bytes are passed on as they come. */
  readonly isReadable: boolean;
  fromClient(chunk: Buffer): Message[];
  fromBroker(chunk: Buffer): Message[];
  /** The broker is to be sent this request now; so an answer is expected. */
  sent(request: SeenRequest, copy?: { isCopy: boolean }): void;
  /** What has come in and is no whole message. */
  rest(side: 'client' | 'broker'): Buffer;
}

/** @param nextNumber numbers the requests of all conversations of a proxy */
export function createConversation(nextNumber: () => number): Conversation {
  const requests = createFramer(REQUEST_BYTES_MIN);
  const answers = createFramer(ANSWER_BYTES_MIN);
  /** In the order in which they were sent; a broker answers in that order. */
  let expected: { request: SeenRequest; isCopy: boolean }[] = [];
  let isReadable = true;

  const asItIs = (bytes: Buffer): Message[] => (bytes.length === 0 ? [] : [{ bytes, request: null }]);

  function requestOf(bytes: Buffer): Message {
    const header = isReadable ? readRequestHeader(bytes) : null;
    if (header === null) {
      isReadable = false;
      return { bytes, request: null };
    }
    // What comes behind it are tokens without any header.
    if (header.api === KAFKA_APIS.SaslHandshake && header.version === 0) isReadable = false;
    return { bytes, request: { ...header, number: nextNumber() } };
  }

  function answerOf(bytes: Buffer): Message {
    const correlationId = correlationIdOf(bytes);
    const at = expected.findIndex(({ request }) => request.correlationId === correlationId);
    if (at === -1) return { bytes, request: null };
    const { request, isCopy } = expected[at]!;
    expected = expected.toSpliced(at, 1);
    return { bytes, request, ...(isCopy && { answersCopy: true as const }) };
  }

  return {
    get isReadable() {
      return isReadable;
    },
    fromClient(chunk) {
      if (!isReadable) return asItIs(chunk);
      const read = requests.push(chunk).map(requestOf);
      if (!requests.isReadable) isReadable = false;
      return isReadable ? read : [...read, ...asItIs(requests.rest())];
    },
    fromBroker(chunk) {
      if (!isReadable) return asItIs(Buffer.concat([answers.rest(), chunk]));
      const read = answers.push(chunk).map(answerOf);
      if (!answers.isReadable) isReadable = false;
      return isReadable ? read : [...read, ...asItIs(answers.rest())];
    },
    sent(request, { isCopy } = { isCopy: false }) {
      if (request.isAnswered) expected.push({ request, isCopy });
    },
    rest: (side) => (side === 'client' ? requests : answers).rest(),
  };
}
