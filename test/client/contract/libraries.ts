import { resolve } from 'node:path';
import { KAFKAJS_CLIENT, OWN_CLIENT } from '../../../src/client/kafkajs/prepared.ts';
import { platformaticClient } from '../../../src/client/platformatic/prepared.ts';
import { findLibrdkafka, pythonsToAsk } from '../../../src/client/process/librdkafka.ts';
import type { PreparedClient } from '../../../src/client/library.ts';
import { prepareClient } from '../../../src/run/prepare-client.ts';
import { scenarioSchema } from '../../../src/scenario/schema.ts';

const librdkafka = await findLibrdkafka(pythonsToAsk(process.env)).catch((error: Error) => error.message);

/** Why the contract is not asked of a library; none where all are here. */
export const MISSING: readonly string[] = typeof librdkafka === 'string' ? [librdkafka] : [];

/** Every library that the contract is asked of and that is here from the start. */
export const LIBRARIES: readonly PreparedClient[] = [
  OWN_CLIENT,
  KAFKAJS_CLIENT,
  platformaticClient(),
  ...(typeof librdkafka === 'string' ? [] : [librdkafka]),
  {
    kind: 'command',
    library: 'kafkajs-program',
    version: '1.0.0',
    mode: 'application',
    command: [process.execPath, resolve('test/client/process/kafkajs-program.js')],
    settings: {},
  },
];

/** Which of them is asked: that of the newest Kafka. */
export const JAVA_VERSION = '4.4.0';

/** The Java client, in each of these versions: Maven brings it, once, so there is a network for the first test that asks. */
export function javaClients(versions: readonly string[]): Promise<PreparedClient[]> {
  return Promise.all(
    versions.map((version) => prepareClient(scenarioSchema.parse({ client: { library: 'java', version } }))),
  );
}
