import test from 'ava';
import { RuleInForce, type RequestRule } from '../../../src/control/proxy/rule.ts';
import { KAFKA_APIS, type KafkaApi } from '../../../src/core/kafka-apis.ts';

/** Which of the messages that come by a rule strikes. */
const LINKS = [
  { from: 'client', to: 'kafka1' },
  { from: 'kafka1', to: 'client' },
];

function struck(
  rule: Partial<RequestRule>,
  came: readonly {
    api?: KafkaApi;
    clientId?: string | null;
    node?: string;
    message?: 'request' | 'answer';
  }[],
): number[] {
  const inForce = new RuleInForce(
    { do: 'drop', api: 'any', message: 'request', from: 'anyone', skip: 0, every: 1, ...rule },
    LINKS,
  );
  return came.flatMap(
    ({ api = 'Produce', clientId = 'kept-0', node = 'kafka1', message = 'request' }, number) => {
      const request = {
        api: KAFKA_APIS[api],
        version: 7,
        correlationId: number,
        clientId,
        isAnswered: true,
        number,
      };
      return inForce.strikes(message, node, request) ? [number] : [];
    },
  );
}

test('by the name of the request, the broker, and whether it is the request or its answer', (t) => {
  t.deepEqual(struck({ api: 'EndTxn' }, [{}, { api: 'EndTxn' }, { api: 'EndTxn', message: 'answer' }]), [1]);
  t.deepEqual(struck({ message: 'answer' }, [{}, { message: 'answer' }]), [1]);
  t.deepEqual(struck({}, [{ node: 'kafka2' }, {}]), [1]);
});

test('by the client: workers, some of them, readers, anyone', (t) => {
  const came = ['kept-0', 'kept-3', 'kept-33', 'kept-reader', 'kept', 'my-app', null].map((clientId) => ({
    clientId,
  }));
  t.deepEqual(
    struck({ from: 'workers' }, came),
    [0, 1, 2, 5, 6],
    'a program of one’s own has a name of its own',
  );
  t.deepEqual(struck({ from: [3] }, came), [1]);
  t.deepEqual(struck({ from: 'readers' }, came), [3]);
  t.deepEqual(struck({ from: 'anyone' }, came), [0, 1, 2, 3, 4, 5, 6]);
});

test('each client is counted by itself', (t) => {
  const two = Array.from({ length: 12 }, (_, number) => ({ clientId: `kept-${number % 2}` }));
  t.deepEqual(struck({ times: 1 }, two), [0, 1]);
  t.deepEqual(struck({ skip: 2, times: 1 }, two), [4, 5]);
  t.deepEqual(struck({ every: 3 }, two), [0, 1, 6, 7]);
  t.deepEqual(struck({ skip: 1, every: 2, times: 2 }, two), [2, 3, 6, 7]);
});
