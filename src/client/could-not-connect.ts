import { Failure } from '../core/failure.ts';
import type { Endpoint } from './endpoint.ts';

/** What is told where a library's producer does not connect. @param why in the library's words, without a full stop */
export function couldNotConnect({ brokers }: Endpoint, why: string, cause: unknown): Failure {
  return new Failure(`The Kafka client could not connect to ${brokers.join(', ')}: ${why}.`, {
    hint: 'Check that the cluster runs and that its brokers can be reached from here.',
    cause,
  });
}
