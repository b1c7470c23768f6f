import { z } from 'zod';

/** How long a transaction may be open: one setting, whoever writes in transactions. */
export const transactionTimeoutMsSchema = z
  .int()
  .min(1_000)
  .max(900_000)
  .default(10_000)
  .describe('after so long without an end the coordinator aborts a transaction (transaction.timeout.ms)');
