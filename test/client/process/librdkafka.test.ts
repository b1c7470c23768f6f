import test from 'ava';
import { findLibrdkafka, pythonsToAsk } from '../../../src/client/process/librdkafka.ts';

/** Which Python librdkafka is looked for in; what it does then is asked by the contract (test/client/contract). */
test('the Python that is named is asked first', (t) => {
  t.deepEqual(pythonsToAsk({}), ['python3', '/usr/bin/python3']);
  t.deepEqual(pythonsToAsk({ KEPT_PYTHON: '/opt/py' }), ['/opt/py', 'python3', '/usr/bin/python3']);
});

test('where no Python has it one sentence says why of each, and how to install it', async (t) => {
  const error = await t.throwsAsync(findLibrdkafka(['/no/such/python', process.execPath]));
  t.regex(
    error.message,
    /^No Python here has librdkafka \(\/no\/such\/python: it could not be started \(.*ENOENT\); .*node: it ended with status 1: .*\)\.$/,
  );
  t.regex((error as { hint?: string }).hint!, /pip install confluent-kafka.*KEPT_PYTHON/);
});
