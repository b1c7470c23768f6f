import type { DriverOptions } from '../client/driver-options.ts';
import type { Library } from '../client/library.ts';
import type { TransactionalClient } from '../client/transactional-client.ts';
import type { Scenario } from '../scenario/schema.ts';
import { transactionalIdOf } from '../scenario/transactions.ts';
import type { OnProducer } from './world.ts';

/**
 * A worker's client that writes in the transactions of the scenario.
 */
export function openTransactional(
  library: Library,
  driver: DriverOptions,
  { scenario, seed, onProducer }: { scenario: Scenario; seed: number; onProducer: OnProducer },
): TransactionalClient {
  const { transactions } = scenario.producer;
  if (transactions === undefined) throw new TypeError('the scenario has no transactions');
  const { topic, worker } = driver;
  const { timeoutMs, version = 1, retryEnd, keepProducer, instances } = transactions;
  return library.openTransactional({
    ...driver,
    transactions: {
      transactionalId: transactionalIdOf({ topic, seed }, worker, instances),
      timeoutMs,
      version,
      retryEnd,
      keepProducer,
      onProducer,
    },
  });
}
