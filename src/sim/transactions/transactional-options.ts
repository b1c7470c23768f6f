import type { TransactionOptions } from '../../client/transactional-client.ts';
import type { outcomeOfEnd } from '../../client/transaction-outcome.ts';
import type { ClientOptions } from '../client.ts';
import type { CodeTables } from '../coordinators/questions.ts';

/** How a modelled client in transactions is set up. The tables are the real client's own. */
export interface TransactionalOptions extends ClientOptions, CodeTables {
  transactions: TransactionOptions;
  outcomeOfEnd: typeof outcomeOfEnd;
}
