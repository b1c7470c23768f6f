import type { ScenarioInput } from '../schema.ts';
import { entry, type Entry } from './entry.ts';
import { pause, send, write, type Step } from './steps.ts';

/** So long a client waits for an answer before it asks again. */
const REQUEST_TIMEOUT_MS = 2_000;
/** The faults are in force before the first step. */
const FIRST_MS = 1_500;
/** So long a leader may take to move. */
const MOVE_MS = 3_000;
const FAULTS_MS = 30_000;
/** Whatever the client did with the records before: the first one is struck at the latest, and the other one begun under the fault. */
const UNDER_FAULT: Step[] = [write(0), write(0)];

type Strike = Extract<NonNullable<ScenarioInput['nemesis']>, { script: unknown }>['script'][number];

/** One producer of a library, step by step, and a fault that its application never hears of. What brokers answer is noted. */
function producing(
  name: string,
  more: Pick<ScenarioInput, 'title' | 'description'> & {
    partitions: number;
    producer: ScenarioInput['producer'];
    script: Step[];
    strike: Omit<Strike, 'forMs'>;
  },
): Entry {
  const { title, description, partitions, producer, script, strike } = more;
  return entry({
    name,
    title,
    description,
    topic: { partitions, replicationFactor: 3, minInsyncReplicas: 2 },
    producer: { acks: 'all', requestTimeoutMs: REQUEST_TIMEOUT_MS, retries: 5, ...producer },
    client: { library: 'kafkajs' },
    load: { workers: 1, inFlight: 1, script: [pause(FIRST_MS), ...script] },
    phases: { warmUpMs: 0, faultsMs: FAULTS_MS, recoveryMs: 0 },
    requestLog: true,
    nemesis: { script: [{ ...strike, forMs: FAULTS_MS }] },
    expect: 'no-loss',
  });
}

/** What is acknowledged is there, and an idempotent producer writes it once, whatever becomes of single requests: work of the client. */
export const CLIENT_DEFECTS: readonly Entry[] = [
  producing('send-moved-leader', {
    title: 'One call with records for three brokers, one of which no longer leads',
    description:
      'A leader has moved to another broker since the client asked who leads. It is told so by the old one, must ask again, and send that record to the new leader, although that has answered for its own already.',
    partitions: 3,
    producer: {},
    script: [write(0), write(1), write(2), pause(MOVE_MS), send(0, 1, 2)],
    strike: { atMs: 0, afterWrites: 3, fault: { kind: 'move-leader', partition: 1 } },
  }),
  producing('send-repartitioned', {
    title: 'One call with records without partition, of which one of two requests fails',
    description:
      'The client chooses partitions for three records, sends them to two brokers, and the connection to one of them breaks before the request is through. What it sends again must be what that one had, and not what a second choice of partitions makes of the three.',
    partitions: 2,
    producer: {},
    script: [write(0), write(1), send(null, null, null), ...UNDER_FAULT],
    strike: {
      atMs: 0,
      fault: {
        kind: 'requests',
        do: 'reset',
        api: 'Produce',
        from: [0],
        target: 'leader',
        partition: 0,
        skip: 1,
        times: 1,
      },
    },
  }),
  producing('sequence-rolled-back', {
    title: 'Two idempotent calls at once; the answer to the first one is lost',
    description:
      'The first record is stored and the client does not hear of it. It must send it again under the same sequence number, and give the second record the next one; a number that is given to both makes the broker take one for a repetition of the other.',
    partitions: 1,
    producer: { idempotence: true },
    script: [write(0), write(0, { wait: false }), write(0), ...UNDER_FAULT],
    strike: { atMs: 0, fault: lostAnswers(1) },
  }),
  producing('sequence-given-up', {
    title: 'An idempotent record that is given up without an answer, and the record after it',
    description:
      'The answers to a record and to its one repetition are lost, and the client gives it up. Whether it was stored is not known, so its sequence number must not be given to the next record.',
    partitions: 1,
    producer: { idempotence: true, retries: 1 },
    script: [write(0), write(0), write(0)],
    strike: { atMs: 0, fault: lostAnswers(2) },
  }),
];

/** The answers to so many Produce requests behind the first one are lost. */
function lostAnswers(times: number): Strike['fault'] {
  return { kind: 'requests', do: 'drop', api: 'Produce', message: 'answer', from: [0], skip: 1, times };
}
