import { defaultInfo } from './default-info.ts';
import { type Contract, SETTINGS, type Setting } from './run.ts';

/**
 * What is taken for granted of Kafka's settings where a history does not tell them. It is said to be assumed wherever
 * it stands as a fact: a person shall be able to tell it from what the history says.
 */
export function completeContract(said: Partial<Contract>): Contract {
  const { contract: usual } = defaultInfo({ partitions: 1, workers: 1 });
  const assumed = SETTINGS.filter((setting) => said[setting] === undefined);
  return {
    ...usual,
    // A client that may repeat itself is accused of its copies only where it is said to be idempotent.
    ...(said.clientRetries === true && { idempotence: false }),
    ...said,
    ...(assumed.length > 0 && { assumed }),
  };
}

/** Whether the history does not say it, so that it is only assumed. */
export function isUnsaid({ assumed = [] }: Contract, setting: Setting): boolean {
  return assumed.includes(setting);
}

/** A setting in words, and that it is assumed where it is: `min.insync.replicas=2 (assumed)`. */
export function orAssumed(contract: Contract, setting: Setting, words: string): string {
  return isUnsaid(contract, setting) ? `${words} (assumed)` : words;
}
