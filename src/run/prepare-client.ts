import { EXIT, Failure } from '../core/failure.ts';
import { KAFKAJS_CLIENT, OWN_CLIENT } from '../client/kafkajs/prepared.ts';
import type { PreparedClient } from '../client/library.ts';
import { platformaticClient } from '../client/platformatic/prepared.ts';
import { findLibrdkafka, pythonsToAsk } from '../client/process/librdkafka.ts';
import { greetingOf } from '../client/process/program.ts';
import { javaClientCommand } from './java-client.ts';
import { libraryOf, modeOf } from '../scenario/client.ts';
import { isCopying } from '../scenario/copying.ts';
import type { Scenario } from '../scenario/schema.ts';

type Named = NonNullable<Scenario['client']>;
type Ability = 'transactions' | 'consumers' | 'groups';
type OnProgress = (line: string) => void;

/**
 * Finds the library that is to write, or fetches it, and learns its version, before a cluster is started for it.
 * @param onProgress told before anything that takes seconds.
 * @throws Failure (usage) where it is not here, or in another version; Failure where its program does not start.
 */
export async function prepareClient(
  scenario: Scenario,
  onProgress: OnProgress = () => undefined,
): Promise<PreparedClient> {
  const named = scenario.client ?? { library: libraryOf(scenario), settings: {} };
  const needed = scenario.producer.transactions === undefined ? [] : (['transactions'] as const);
  return prepareLibrary(named, needed, onProgress);
}

/** The same for the consumers; null where they are kept's own. */
export async function prepareConsumer(
  { consumer, group }: Scenario,
  onProgress: OnProgress = () => undefined,
): Promise<PreparedClient | null> {
  if (consumer === undefined) return null;
  const needed: Ability[] = [
    'consumers',
    ...(group === undefined ? [] : (['groups'] as const)),
    ...(isCopying({ group }) ? (['transactions'] as const) : []),
  ];
  return prepareLibrary(consumer, needed, onProgress);
}

/** @param needed what a program must say that it knows */
async function prepareLibrary(
  named: Named,
  needed: readonly Ability[],
  onProgress: OnProgress,
): Promise<PreparedClient> {
  const { library: kind, version: wanted, command = [], settings } = named;
  const asWanted = (client: PreparedClient): PreparedClient => {
    assertVersion(client, wanted);
    return client;
  };
  switch (kind) {
    case 'kept':
      return OWN_CLIENT;
    case 'kafkajs':
      return asWanted(KAFKAJS_CLIENT);
    case 'platformatic':
      return asWanted(platformaticClient());
    case 'librdkafka':
      return asWanted({ ...(await findLibrdkafka(pythonsToAsk(process.env))), settings });
    case 'java': {
      const java = await javaClientCommand({ version: wanted, environment: process.env, onProgress });
      const { library, version, ...can } = await greetingOf(java);
      if (needed.includes('groups') && !can.groups) {
        throw new Failure(
          `Members of a consumer group need version 2.5.0 of the Java client, and this is ${version}.`,
          {
            hint: 'Name a later one: --consumer java@2.5.0; it reads from older brokers, too.',
            exitStatus: EXIT.usage,
          },
        );
      }
      return asWanted({ kind, library, version, mode: modeOf(kind), command: java, settings });
    }
    case 'command': {
      const { library, version, ...can } = await greetingOf(command);
      const lacking = needed.find((name) => !can[name]);
      if (lacking !== undefined) {
        throw new Failure(`The client "${library}" does not say that it has ${lacking}.`, {
          hint: `Its first line must have "${lacking}": true, and it must know the requests that docs/clients.md lists for them.`,
          exitStatus: EXIT.usage,
        });
      }
      return asWanted({ kind, library, version, mode: modeOf(kind), command, settings });
    }
  }
}

/**
 * The clients of the simulated world: they are a part of the model.
 * @throws Failure (usage) where the scenario names a library that has no model.
 */
export function modelClient(scenario: Scenario): PreparedClient {
  const kind = libraryOf(scenario);
  if (scenario.producer.transactions !== undefined && kind !== 'kept') {
    throw new Failure(
      `The client "${kind}" in transactions needs a real Kafka, and --simulate asks for a model of it.`,
      {
        hint: "Leave --client out: kept's own driver has a model. Or leave out --simulate.",
        exitStatus: EXIT.usage,
      },
    );
  }
  if (scenario.group !== undefined && !hasModelledProtocol(scenario.group)) {
    throw new Failure(
      'Groups of the protocol "consumer" need a real Kafka, and --simulate asks for a model of it.',
      {
        hint: 'Ask for --group-protocol classic. Or leave out --simulate.',
        exitStatus: EXIT.usage,
      },
    );
  }
  if (!hasModelledConsumer(scenario)) {
    throw new Failure(
      `The consumers of "${scenario.consumer!.library}" need a real Kafka, and --simulate asks for a model of it.`,
      {
        hint: 'Only consumers that keep their promise have a model, which stands for those of "java". Leave --consumer out, or --simulate.',
        exitStatus: EXIT.usage,
      },
    );
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
  const isModelled = kind === 'kept' || (kind === 'kafkajs' && scenario.producer.transactions === undefined);
  const { group } = scenario;
  return isModelled && hasModelledConsumer(scenario) && (group === undefined || hasModelledProtocol(group));
}

function hasModelledProtocol({ protocol }: NonNullable<Scenario['group']>): boolean {
  return protocol === 'classic';
}

/** There is one that keeps its promise. What other libraries do wrong is not modelled. */
function hasModelledConsumer({ consumer }: Scenario): boolean {
  return consumer === undefined || consumer.library === 'java';
}

function assertVersion({ library, version: found }: PreparedClient, wanted: string | undefined): void {
  if (wanted === undefined || wanted === found) return;
  throw new Failure(
    `The client is ${library} ${found ?? 'of a version that it does not tell'}, and ${wanted} was asked for.`,
    {
      hint: 'Install that version, or leave the version out.',
      exitStatus: EXIT.usage,
    },
  );
}
