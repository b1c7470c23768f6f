import { counted } from '../core/words.ts';
import type { ClientLibrary, ClientMode } from '../history/client-info.ts';
import type { Scenario } from './schema.ts';

/** Which library writes. Only kept's own driver can do without retries of a library; before there was a choice, they alone decided. */
export function libraryOf({ client, producer }: Pick<Scenario, 'client' | 'producer'>): ClientLibrary {
  return client?.library ?? (producer.retries > 0 ? 'kafkajs' : 'kept');
}

/**
 * How often a library repeats where nothing is said. The Java client's own default is without limit, within the time that it has
 * (delivery.timeout.ms); 5 is that of kafkajs.
 */
export function defaultRetries(library: ClientLibrary): number {
  if (library === 'kept') return 0;
  return library === 'java' ? RETRIES_MAX : 5;
}

/** What Java holds. */
const RETRIES_MAX = 2_147_483_647;

/** `5 retries`. */
export function retriesInWords(retries: number): string {
  return retries >= RETRIES_MAX ? 'retries without limit' : counted(retries, 'retry', 'retries');
}

export function modeOf(library: ClientLibrary): ClientMode {
  return library === 'kept' ? 'audit' : 'application';
}

/** A producer with a transactional id is idempotent, whether that was asked for or not. */
export function isIdempotent({ producer }: Pick<Scenario, 'producer'>): boolean {
  return producer.idempotence || producer.transactions !== undefined;
}

/** The libraries that send a record once where they are told not to retry. */
const OBEDIENT: ReadonlySet<ClientLibrary> = new Set(['kept', 'kafkajs', 'java']);

/**
 * Whether a record may be sent more than once. @platformatic/kafka sends it again to another leader, and as an idempotent
 * producer without end; of a program that kept does not know nothing else can be assumed.
 */
export function mayRetry(scenario: Pick<Scenario, 'client' | 'producer'>): boolean {
  return scenario.producer.retries > 0 || !OBEDIENT.has(libraryOf(scenario));
}
