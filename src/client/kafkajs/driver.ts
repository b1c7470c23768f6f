import { realClock } from '../../core/clock.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import { createApplicationDriver } from './application.ts';
import { createAuditDriver } from './audit.ts';
import type { Client } from '../client.ts';
import type { DriverOptions } from './driver-options.ts';
import { rotatedEndpoint } from '../endpoint.ts';

/**
 * A worker's client: the audit driver, where each verdict is about exactly one request; or with `retries` above 0 an
 * application's client, the library's own producer.
 */
export function createDriver(options: DriverOptions): Client {
  if (options.idempotence && options.acks !== 'all') {
    throw new Failure(`An idempotent producer needs acks=all, and acks=${options.acks} was asked for.`, {
      hint: 'Set acks to all, or leave idempotence out.',
      exitStatus: EXIT.usage,
    });
  }
  const endpoint = rotatedEndpoint(options.endpoint, options.worker);
  const clock = options.clock ?? realClock();
  return options.retries > 0
    ? createApplicationDriver({ ...options, endpoint, clock })
    : createAuditDriver({ ...options, endpoint, clock });
}
