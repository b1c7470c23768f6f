/**
 * Asks the coordinators of the real cluster in BOOTSTRAP_SERVERS to end transactions in every state that can be waited
 * for, in each version, by epochs that are right and wrong; prints the names of the answers as a line of JSON.
 * `end-answers.ts 1 [2]`: the versions that the cluster speaks. For inside `kept lab`.
 */
import { realClock } from '../../src/core/clock.ts';
import { createAdmin } from '../../src/client/kafkajs/admin.ts';
import { createPool } from '../../src/client/kafkajs/pool.ts';
import { askCoordinator } from '../../src/client/kafkajs/transactions/asking.ts';
import { createCoordinators } from '../../src/client/kafkajs/transactions/coordinators.ts';
import {
  addPartitionCall,
  endCall,
  nameCall,
  type Named,
} from '../../src/client/kafkajs/transactions/requests.ts';
import type { Call } from '../../src/client/kafkajs/kafkajs.ts';
import type { Session } from '../../src/client/kafkajs/session.ts';
import { nameOfTransactionCode } from '../../src/client/transaction-outcome.ts';
import type { ProducerName } from '../../src/client/transactional-client.ts';
import { END_CASES, keyOf, type EndCase } from './end-cases.ts';

const endpoint = { brokers: process.env['BOOTSTRAP_SERVERS']!.split(',') };
const clock = realClock();
const topic = 'ends';
const versions: ReadonlySet<number> = new Set(process.argv.slice(2).map(Number));
const pool = createPool({ connectionTimeoutMs: 5_000, requestTimeoutMs: 10_000, clock });
const coordinators = createCoordinators({ endpoint, pool });
const admin = createAdmin({ endpoint, clock });
await admin.createTopic({ name: topic, partitions: 1, replicationFactor: 3, settings: {} });

const told: Record<string, string> = {};
const asked = END_CASES.filter(({ version, by }) => versions.has(version) && versions.has(by));
for (const [index, each] of asked.entries()) told[keyOf(each)] = await answerTo(each, `id-${index}`);
await Promise.all([admin.close(), pool.close()]);
process.stdout.write(`\n${JSON.stringify(told)}\n`);

async function answerTo({ state, by, version, end, epochOff }: EndCase, id: string): Promise<string> {
  const naming = (session: Session) => nameCall(session, { transactionalId: id, timeoutMs: 60_000 });
  // Twice: an epoch of -1 would be none at all.
  await ask(id, naming, codeOf);
  const name = await ask(id, naming, codeOf);
  let producer: ProducerName = name.producer!;
  const owner = () => ({ ...producer, transactionalId: id });
  const endAs = (how: 'commit' | 'abort', of: 1 | 2) => (session: Session) =>
    endCall(session, owner(), { commit: how === 'commit', version: of });
  if (state !== 'empty')
    await ask(
      id,
      (session) => addPartitionCall(session, owner(), { topic, partition: 0 }),
      (code) => code,
    );
  if (state === 'complete-commit' || state === 'complete-abort') {
    const how = state === 'complete-commit' ? 'commit' : 'abort';
    const ended = await ask(id, endAs(how, by), codeOf);
    if (ended.code !== 0) return `could not be prepared: ${nameOfTransactionCode(ended.code)}`;
    // A repetition is answered without an error once the markers are written, and changes nothing.
    await ask(id, endAs(how, by), codeOf);
    producer = ended.producer ?? producer;
  }
  producer = { ...producer, epoch: producer.epoch + epochOff };
  const { code } = await ask(id, endAs(end, version), codeOf, false);
  return nameOfTransactionCode(code);
}

function codeOf({ code }: Named): number {
  return code;
}

/** @param again whether it is asked again while another change is under way */
async function ask<T>(
  id: string,
  call: (session: Session) => Call<T>,
  code: (answer: T) => number,
  again = true,
): Promise<T> {
  const { answer, tries } = await askCoordinator(
    { coordinators, clock },
    {
      of: { kind: 'transaction', id },
      call,
      codeOf: code,
      forMs: 20_000,
      again: { answered: again, unanswered: false },
    },
  );
  if (answer === null) throw new Error(JSON.stringify(tries));
  return answer;
}
