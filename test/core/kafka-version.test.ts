import test from 'ava';
import { isBefore } from '../../src/core/kafka-version.ts';

test('versions of Kafka are compared by their first two numbers', (t) => {
  t.true(isBefore('3.5.1', 3, 6));
  t.true(isBefore('2.8.0', 3, 6));
  t.false(isBefore('3.6.0', 3, 6));
  t.false(isBefore('3.10.0', 3, 6));
  t.false(isBefore('4.0.0', 3, 6));
});

test('a version that is not known, or is none, is not taken for an old one', (t) => {
  for (const version of [undefined, '', 'trunk', '3']) t.false(isBefore(version, 3, 6), String(version));
});
