import test from 'ava';
import { describeFault } from '../../src/history/fault-words.ts';
import { faultSchema, type Fault } from '../../src/history/fault.ts';
import { describeStrike } from '../../src/report/text/phrases.ts';

const words = (input: object) => describeFault(faultSchema.parse(input));

test('faults of links in a line', (t) => {
  const loss = { kind: 'loss', target: 'leader', percent: 20 };
  t.is(words(loss), 'lose 20 % of the packets between leader and cluster');
  t.is(
    words({ ...loss, direction: 'inbound', peers: 'kafka2' }),
    'lose 20 % of the packets from kafka2 to leader',
  );
  t.is(
    words({
      kind: 'delay',
      target: 'kafka1',
      delayMs: 200,
      jitterMs: 50,
      direction: 'outbound',
      peers: 'client',
    }),
    'delay packets from kafka1 to clients by 200 ± 50 ms',
  );
  t.is(
    describeStrike(faultSchema.parse({ kind: 'delay', target: 'leader', delayMs: 5 }), ['kafka3']),
    'delay packets between leader (kafka3) and cluster by 5 ms',
  );
});

test('a node off the network in a line', (t) => {
  t.is(words({ kind: 'disconnect', target: 'leader' }), 'disconnect leader');
  t.is(
    describeStrike(faultSchema.parse({ kind: 'disconnect', target: 'leader' }), ['kafka3']),
    'disconnect leader (kafka3)',
  );
});

test('leaders that are moved in a line', (t) => {
  t.is(words({ kind: 'move-leader' }), 'move the leaders');
  t.is(words({ kind: 'move-leader', partition: 2 }), 'move the leader of partition 2');
  t.is(describeStrike(faultSchema.parse({ kind: 'move-leader' }), []), 'move the leaders');
});

test('requests that are struck in a line', (t) => {
  const fault = { kind: 'requests', do: 'drop', api: 'Produce' };
  t.is(words(fault), 'drop Produce requests from workers to brokers');
  t.is(
    words({ ...fault, message: 'answer', every: 10, target: 'leader' }),
    'drop Produce answers from leader to workers (one of 10)',
  );
  t.is(
    words({ ...fault, do: 'hold', api: 'EndTxn', from: [3], times: 1, until: 'Produce', delayMs: 5 }),
    'hold EndTxn requests from worker 3 to brokers until Produce is answered elsewhere and 5 ms more (the first of each client)',
  );
  t.is(
    words({ ...fault, do: 'throttle', api: 'any', from: 'anyone', bytesPerSecond: 1_000, skip: 2, times: 3 }),
    'slow all requests from all clients to brokers to 1000 bytes/s (after 2, 3 of each client)',
  );
  t.is(
    words({ ...fault, do: 'delay', delayMs: 20, from: [1, 2] }),
    'delay Produce requests from workers 1, 2 to brokers by 20 ms',
  );
  t.is(
    words({ ...fault, do: 'reset', from: 'readers' }),
    'reset the connections of Produce requests from readers to brokers',
  );
});

test('what a fault of requests needs is asked for in words', (t) => {
  const problem = (fault: object) => {
    const { error } = faultSchema.safeParse({ kind: 'requests', api: 'Produce', ...fault });
    return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  };
  t.deepEqual(problem({ do: 'delay' }), ['delayMs: is needed to delay requests']);
  t.deepEqual(problem({ do: 'throttle' }), ['bytesPerSecond: is needed to throttle requests']);
  t.deepEqual(problem({ do: 'drop', until: 'Fetch' }), [
    'until: only what is held waits for an answer, and this is to drop',
  ]);
  t.is(problem({ do: 'drop' }), undefined);
});

test('kinds of other tools that have our names and not our fields are told by what they have', (t) => {
  const foreign = (kind: string) => describeFault({ kind, target: 'n1' } as unknown as Fault);
  t.is(foreign('partition'), 'partition n1');
  t.is(foreign('cut'), 'cut n1');
  t.is(foreign('loss'), 'loss n1');
  t.is(foreign('delay'), 'delay n1');
  t.is(foreign('disconnect'), 'disconnect n1');
});
