import { realClock, type Clock } from '../core/clock.ts';
import { EXIT, Failure } from '../core/failure.ts';
import type { Client } from './client.ts';
import type { DriverOptions } from './driver-options.ts';
import { rotatedEndpoint } from './endpoint.ts';
import { createApplicationDriver, createTransactionalApplication } from './kafkajs/application.ts';
import { createApplicationReader } from './kafkajs/application-reader.ts';
import { createAuditDriver } from './kafkajs/audit.ts';
import { createTransactionalDriver } from './kafkajs/transactions/driver.ts';
import type { Library, PreparedClient } from './library.ts';
import {
  createPlatformaticClient,
  createTransactionalPlatformaticClient,
} from './platformatic/application.ts';
import { createPlatformaticReader } from './platformatic/application-reader.ts';
import { createProgramClient, createTransactionalProgramClient } from './process/program-client.ts';
import { createProgramMember } from './process/program-member.ts';
import { createProgramReader } from './process/program-reader.ts';
import { openProgram } from './process/program.ts';
import type { TransactionalClient, TransactionalDriverOptions } from './transactional-client.ts';

/**
 * The one place where client libraries are told apart.
 * @param options.note told in a sentence what a person should know, such as that a client's program had to be started again.
 */
export function openLibrary(
  client: PreparedClient,
  { clock = realClock(), note = () => undefined }: { clock?: Clock; note?: (text: string) => void } = {},
): Library {
  switch (client.kind) {
    case 'kept':
      return inThisProcess(createAuditDriver, clock, createTransactionalDriver);
    case 'kafkajs':
      return {
        ...inThisProcess(createApplicationDriver, clock, createTransactionalApplication),
        openReader: (options) => createApplicationReader({ ...options, clock }),
      };
    case 'platformatic':
      return {
        ...inThisProcess(createPlatformaticClient, clock, createTransactionalPlatformaticClient),
        openReader: (options) => createPlatformaticReader({ ...options, clock }),
      };
    case 'librdkafka':
    case 'java':
    case 'command': {
      const program = openProgram(client, { clock, note });
      const library = inThisProcess(
        (options) => createProgramClient(program, client, options),
        clock,
        (options) => createTransactionalProgramClient(program, client, options),
      );
      return {
        ...library,
        openReader: (options) => createProgramReader(program, client, options),
        openMember: (options) => createProgramMember(program, client, options),
        strike: (signal) => program.strike(signal),
        close: () => program.close(),
      };
    }
  }
}

function inThisProcess(
  create: (options: DriverOptions & { clock: Clock }) => Client,
  clock: Clock,
  createTransactional: (options: TransactionalDriverOptions & { clock: Clock }) => TransactionalClient,
): Library {
  const forWorker = <T extends DriverOptions>(options: T): T & { clock: Clock } => ({
    ...options,
    endpoint: rotatedEndpoint(options.endpoint, options.worker),
    clock: options.clock ?? clock,
  });
  return {
    open(options) {
      assertPossible(options);
      return create(forWorker(options));
    },
    openTransactional(options) {
      assertPossible({ ...options, idempotence: true });
      return createTransactional(forWorker({ ...options, idempotence: true }));
    },
    async close() {},
  };
}

function assertPossible({ idempotence, acks }: DriverOptions): void {
  if (!idempotence || acks === 'all') return;
  throw new Failure(`An idempotent producer needs acks=all, and acks=${acks} was asked for.`, {
    hint: 'Set acks to all, or leave idempotence out.',
    exitStatus: EXIT.usage,
  });
}
