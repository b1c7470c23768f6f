import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import { Failure } from '../../src/core/failure.ts';
import { ANY_PARTITION, createDecoder, createEncoder, minimumValueBytes } from '../../src/history/value.ts';

const place = { run: 'mbx3k9ab12', topic: 'orders' };
const encode = createEncoder({ ...place, sizeBytes: 128 });
const decode = createDecoder(place);

const invocations = fc.record({
  worker: fc.nat(0xfffffffe),
  seq: fc.maxSafeNat(),
  partition: fc.nat(0x7fffffff),
});

test('a record is a line that a person can read', (t) => {
  const value = encode({ worker: 3, seq: 120, partition: 0 });
  t.is(value.length, 128);
  t.regex(value.toString(), /^kept mbx3k9ab12 orders 0 3:120 \.+[0-9a-f]{8}$/);
});

testProp(
  'what was written is what is found',
  [invocations, fc.integer({ min: 60, max: 2000 })],
  (t, write, sizeBytes) => {
    const value = createEncoder({ ...place, sizeBytes })(write);
    const { worker, seq } = write;
    t.deepEqual({ ...decode(write.partition, value) }, { worker, seq, integrity: 'valid' });
  },
);

testProp(
  'every record has the size that was asked for',
  [fc.integer({ min: minimumValueBytes(place), max: 3000 })],
  (t, sizeBytes) => {
    const sized = createEncoder({ ...place, sizeBytes });
    t.is(sized({ worker: 0, seq: 0, partition: 0 }).length, sizeBytes);
    t.is(sized({ worker: 99_999, seq: 9_999_999_999, partition: 99_999 }).length, sizeBytes);
  },
);

test('a record size that cannot hold the facts is refused, and the least that can is named', (t) => {
  const failure = t.throws(() => createEncoder({ ...place, sizeBytes: 20 }), { instanceOf: Failure });
  t.is(failure.hint, `set the record size to ${minimumValueBytes(place)} bytes or more`);
});

testProp(
  'a changed byte is noticed, wherever it is',
  [invocations, fc.nat(127), fc.integer({ min: 1, max: 255 })],
  (t, write, at, flip) => {
    const value = encode({
      ...write,
      seq: write.seq % 1e9,
      worker: write.worker % 1000,
      partition: write.partition % 100,
    });
    value[at]! ^= flip;
    const found = decode(write.partition % 100, value);
    t.is(found.integrity, at < 5 ? 'unreadable' : 'bad-checksum');
    t.is(found.worker, null);
  },
);

testProp(
  'a value that was cut or has grown is noticed',
  [fc.nat(127), fc.uint8Array({ minLength: 1 })],
  (t, length, more) => {
    const value = encode({ worker: 1, seq: 2, partition: 0 });
    t.not(decode(0, value.subarray(0, length)).integrity, 'valid');
    t.not(decode(0, Buffer.concat([value, more])).integrity, 'valid');
    t.not(
      decode(0, Buffer.concat([value.subarray(0, length), more, value.subarray(length)])).integrity,
      'valid',
    );
  },
);

testProp(
  'any bytes whatsoever are decoded without a throw',
  [fc.uint8Array({ maxLength: 300 })],
  (t, bytes) => {
    t.not(decode(0, bytes).integrity, 'valid');
    t.not(decode(0, Buffer.concat([Buffer.from('kept '), bytes])).integrity, 'valid');
  },
);

test('a record whose partition its library chooses is right in each, and of this run and topic only', (t) => {
  const integrity = (partition: number, options: Partial<typeof place> = {}) =>
    decode(
      partition,
      createEncoder({ ...place, ...options, sizeBytes: 128 })({
        worker: 7,
        seq: 8,
        partition: ANY_PARTITION,
      }),
    );
  for (const partition of [0, 1, 12]) t.like(integrity(partition), { worker: 7, seq: 8, integrity: 'valid' });
  t.like(integrity(0, { topic: 'payments' }), { integrity: 'wrong-place' });
  t.like(integrity(0, { run: 'another' }), { integrity: 'foreign-run' });
});

test('a record tells when it is not where it was written, or not of this run', (t) => {
  const write = { worker: 7, seq: 8, partition: 2 };
  const integrity = (partition: number, options: Partial<typeof place>) =>
    decode(partition, createEncoder({ ...place, ...options, sizeBytes: 128 })(write)).integrity;
  t.is(integrity(2, {}), 'valid');
  t.is(integrity(1, {}), 'wrong-place');
  t.is(integrity(2, { topic: 'payments' }), 'wrong-place');
  t.is(integrity(2, { topic: 'orders2' }), 'wrong-place');
  t.is(integrity(2, { run: 'another' }), 'foreign-run');
  t.is(integrity(2, { run: 'mbx3k9ab123' }), 'foreign-run');
  t.is(decode(2, null).integrity, 'unreadable');
});
