import { fileURLToPath } from 'node:url';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import type { PreparedClient } from '../library.ts';
import { greetingOf } from './program.ts';

/** librdkafka, through confluent-kafka for Python: it is also the example of docs/clients.md. */
const PROGRAM = fileURLToPath(new URL('python/kept_client.py', import.meta.url));

/** In which order Pythons are asked whether they have it. */
export function pythonsToAsk({ KEPT_PYTHON: chosen }: NodeJS.ProcessEnv): string[] {
  return [...(chosen === undefined ? [] : [chosen]), 'python3', '/usr/bin/python3'];
}

/**
 * librdkafka as an application uses it, with the first Python that has it.
 * @throws Failure (usage) where none has it.
 */
export async function findLibrdkafka(pythons: readonly string[]): Promise<PreparedClient> {
  const problems: string[] = [];
  for (const python of pythons) {
    const command = [python, PROGRAM];
    try {
      const { library, version } = await greetingOf(command);
      return { kind: 'librdkafka', library, version, mode: 'application', command, settings: {} };
    } catch (error) {
      problems.push(`${python}: ${messageOf(error).replace(/^.* does not start: |\.$/g, '')}`);
    }
  }
  throw new Failure(`No Python here has librdkafka (${problems.join('; ')}).`, {
    hint: 'Install it with "pip install confluent-kafka" or "apt-get install python3-confluent-kafka", or name a Python that has it in KEPT_PYTHON.',
    exitStatus: EXIT.usage,
  });
}
