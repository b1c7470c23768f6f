import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Finding, Result } from '../../src/checker/result.ts';
import { kept } from '../given/run-kept.ts';

/**
 * Scenarios of transactions on a real Kafka, from the first step to the verdict. The checker knows the history, and nothing of what
 * was held up.
 */
interface Told {
  verdict: string;
  /** Each kind of finding, with whom it is blamed on. */
  findings: string[];
  transactions: Result['transactions'];
  because: string;
}

async function told(t: ExecutionContext, ...words: string[]): Promise<Told> {
  t.timeout(240_000);
  const store = mkdtempSync(join(tmpdir(), 'kept-e2e-'));
  t.teardown(() => rmSync(store, { recursive: true, force: true }));
  const { output } = await kept(['run', ...words, '--store', store]);
  t.notRegex(output, /^kept: /m, output);
  const result = JSON.parse(readFileSync(join(store, 'run-1', 'results.json'), 'utf8')) as Result;
  const nameOf = ({ kind, blame, judgement }: Finding) => `${kind}, ${judgement} of the ${blame}`;
  return {
    verdict: result.verdict,
    findings: [...new Set(result.findings.map(nameOf))].toSorted(),
    transactions: result.transactions,
    because: result.reasons.join(' '),
  };
}

/** The first transaction warms up; the second is ended late; the third is open then. */
test.serial(
  'a commit that comes late shows the aborted transaction after it, under version 1 (KAFKA-17754)',
  async (t) => {
    const { verdict, findings, transactions, because } = await told(
      t,
      'txn-late-commit',
      '--transaction-version',
      '1',
    );
    t.is(verdict, 'invalid', because);
    t.deepEqual(findings, ['aborted-read, violation of the protocol', 'torn, violation of the protocol']);
    t.like(transactions, { committed: 2, aborted: 1, unknown: 0 });
    t.regex(because, /KAFKA-17754/);
  },
);

test.serial(
  'an abort that comes late hides the committed transaction after it, under version 1',
  async (t) => {
    const { verdict, findings, transactions, because } = await told(
      t,
      'txn-late-abort',
      '--transaction-version',
      '1',
    );
    t.is(verdict, 'invalid', because);
    t.deepEqual(findings, ['lost-committed, violation of the protocol', 'torn, violation of the protocol']);
    t.like(transactions, { committed: 2, aborted: 1, unknown: 0 });
  },
);

test.serial('under version 2 a commit that comes late changes nothing', async (t) => {
  const { verdict, findings, transactions, because } = await told(t, 'txn-late-commit');
  t.is(verdict, 'valid', because);
  t.deepEqual(findings, []);
  t.like(transactions, { committed: 2, aborted: 1, unknown: 0 });
});

test.serial(
  'a record that comes late is committed with the next transaction, where a client keeps its producer',
  async (t) => {
    const { verdict, findings, because } = await told(t, 'txn-late-produce', '--transaction-version', '1');
    t.is(verdict, 'invalid', because);
    t.true(findings.includes('aborted-read, violation of the protocol'), findings.join('; '));
    t.true(findings.includes('merged, violation of the protocol'), findings.join('; '));
  },
);

test.serial('a record that comes after the end holds up readers for good before Kafka 3.6', async (t) => {
  const { verdict, findings, because } = await told(t, 'txn-hang', '--kafka', '3.5.1');
  t.is(verdict, 'invalid', because);
  t.deepEqual(findings, ['lso-stuck, violation of the protocol']);
});

test.serial(
  'a consumer of kafkajs hands out what was aborted, and is blamed for it; one of Java does not',
  async (t) => {
    const kafkajs = await told(t, 'read-committed-zero-key', '--consumer', 'kafkajs');
    t.is(kafkajs.verdict, 'invalid', kafkajs.because);
    t.deepEqual(kafkajs.findings, ['aborted-read, violation of the client']);
    const java = await told(t, 'read-committed-zero-key', '--consumer', 'java');
    t.is(java.verdict, 'valid', java.because);
  },
);
