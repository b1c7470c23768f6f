import type { ClientLibrary, ClientMode } from '../history/client-info.ts';
import type { Scenario } from './schema.ts';

/** Which library writes. Only kept's own driver can do without retries of a library; before there was a choice, they alone decided. */
export function libraryOf({ client, producer }: Pick<Scenario, 'client' | 'producer'>): ClientLibrary {
  return client?.library ?? (producer.retries > 0 ? 'kafkajs' : 'kept');
}

export function modeOf(library: ClientLibrary): ClientMode {
  return library === 'kept' ? 'audit' : 'application';
}

/** The libraries that send a record once where they are told not to retry. */
const OBEDIENT: ReadonlySet<ClientLibrary> = new Set(['kept', 'kafkajs']);

/**
 * Whether a record may be sent more than once. @platformatic/kafka sends it again to another leader, and as an idempotent
 * producer without end; of a program that kept does not know nothing else can be assumed.
 */
export function mayRetry(scenario: Pick<Scenario, 'client' | 'producer'>): boolean {
  return scenario.producer.retries > 0 || !OBEDIENT.has(libraryOf(scenario));
}
