import { EXIT, Failure } from '../core/failure.ts';
import { KAFKAJS_CLIENT, OWN_CLIENT } from '../client/kafkajs/prepared.ts';
import type { PreparedClient } from '../client/library.ts';
import { platformaticClient } from '../client/platformatic/prepared.ts';
import { findLibrdkafka, pythonsToAsk } from '../client/process/librdkafka.ts';
import { greetingOf } from '../client/process/program.ts';
import { javaClientCommand } from './java-client.ts';
import { libraryOf, modeOf } from '../scenario/client.ts';
import type { Scenario } from '../scenario/schema.ts';

/**
 * Finds the library that a scenario names, or fetches it, and learns its version, before a cluster is started for it.
 * @param onProgress told before anything that takes seconds.
 * @throws Failure (usage) where it is not here, or in another version; Failure where its program does not start.
 */
export async function prepareClient(
  scenario: Scenario,
  onProgress: (line: string) => void = () => undefined,
): Promise<PreparedClient> {
  const kind = libraryOf(scenario);
  switch (kind) {
    case 'kept':
      return OWN_CLIENT;
    case 'kafkajs':
      assertVersion('kafkajs', KAFKAJS_CLIENT.version, scenario);
      return KAFKAJS_CLIENT;
    case 'platformatic': {
      const client = platformaticClient();
      assertVersion(client.library, client.version, scenario);
      return client;
    }
    case 'librdkafka': {
      const client = await findLibrdkafka(pythonsToAsk(process.env));
      assertVersion(client.library, client.version, scenario);
      return { ...client, settings: scenario.client?.settings ?? {} };
    }
    case 'java': {
      const { version: wanted, settings } = scenario.client!;
      const command = await javaClientCommand({ version: wanted, environment: process.env, onProgress });
      const { library, version } = await greetingOf(command);
      assertVersion(library, version, scenario);
      return { kind, library, version, mode: modeOf(kind), command, settings };
    }
    case 'command': {
      const { command = [], settings } = scenario.client!;
      const { library, version, transactions } = await greetingOf(command);
      if (scenario.producer.transactions !== undefined && !transactions) {
        throw new Failure(`The client "${library}" does not say that it has transactions.`, {
          hint: 'Its first line must have "transactions": true, and it must know the requests begin and end: see docs/clients.md.',
          exitStatus: EXIT.usage,
        });
      }
      assertVersion(library, version, scenario);
      return { kind, library, version, mode: modeOf(kind), command, settings };
    }
  }
}

/**
 * The clients of the simulated world: they are a part of the model.
 * @throws Failure (usage) where the scenario names a library that has no model.
 */
export function modelClient(scenario: Scenario): PreparedClient {
  const kind = libraryOf(scenario);
  if (scenario.producer.transactions !== undefined) {
    throw new Failure('Transactions need a real Kafka, and --simulate asks for a model of it.', {
      hint: 'Leave the transactions out, or --simulate.',
      exitStatus: EXIT.usage,
    });
  }
  if (!hasModel(scenario)) {
    throw new Failure(`The client "${kind}" needs a real Kafka, and --simulate asks for a model of it.`, {
      hint: 'Leave --client out, or --simulate.',
      exitStatus: EXIT.usage,
    });
  }
  return { kind, library: 'model', version: null, mode: modeOf(kind), settings: {} };
}

/** Whether the simulated world has a client that stands for the scenario's. */
export function hasModel(scenario: Scenario): boolean {
  const kind = libraryOf(scenario);
  return (kind === 'kept' || kind === 'kafkajs') && scenario.producer.transactions === undefined;
}

function assertVersion(library: string, found: string | null, { client }: Scenario): void {
  const wanted = client?.version;
  if (wanted === undefined || wanted === found) return;
  throw new Failure(
    `The client is ${library} ${found ?? 'of a version that it does not tell'}, and ${wanted} was asked for.`,
    {
      hint: 'Install that version, or leave the version out.',
      exitStatus: EXIT.usage,
    },
  );
}
