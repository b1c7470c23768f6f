import type { Fetched } from '../client/client.ts';
import { createDecoder } from '../history/value.ts';
import { startConsumers } from '../runner/consumers.ts';
import { partitionsOf } from './produce.ts';
import type { Session, Tell } from './session.ts';

/**
 * Reads a topic from its beginning and follows it until `stop`. A consumer of the recorded topic is one of the history: what
 * it was given, and is gone in the end, is worse than what no one has seen.
 */
export async function consume(
  session: Session,
  topic: string,
  more: { tell: Tell; onRecords: (records: readonly Fetched[]) => void; stop: AbortSignal },
): Promise<void> {
  await session.ready(more.tell);
  const { world, history } = session;
  const isRecorded = topic === session.topic;
  const partitions = isRecorded ? history.scenario.topic.partitions : await partitionsOf(session, topic);
  const stop = AbortSignal.any([more.stop, session.loads]);
  await session.during(async () => {
    const decode = world.decode ?? createDecoder({ run: history.run, topic: session.topic });
    const { scenario } = history;
    const end = startConsumers(
      {
        world: isRecorded
          ? world
          : { ...world, openReader: (options) => world.openReader({ ...options, topic, partitions }) },
        scenario: { ...scenario, consumers: 1, topic: { ...scenario.topic, partitions } },
        recorder: isRecorded ? history.recorder : { ...history.recorder, read: () => undefined },
        decode,
        abort: NEVER,
      },
      isRecorded ? (event) => history.account.event(event) : () => undefined,
      { first: isRecorded ? session.takeScans(1) : 0, onRecords: more.onRecords },
    );
    await new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      stop.addEventListener('abort', () => resolve(), { once: true });
    });
    await end();
  });
}

const NEVER = new AbortController().signal;
