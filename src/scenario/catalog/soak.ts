import { MIX_KINDS } from '../../nemesis/schedule.ts';
import { entry } from './entry.ts';

/** For hours or days: periods of about a minute, each drawn anew, scanned and judged while the next one goes on. */
export const SOAK = entry({
  name: 'soak',
  title: 'A soak of drawn periods, acks=all, judged while it runs',
  description:
    'Each period has a topic, a load and a random subset of all faults that this lab can do; a quarter of them have none. It ends healed, settled and scanned, and is judged while the next one goes on. Two in-sync replicas are required, and one broker at most is struck at a time, so nothing acknowledged may be lost.',
  topic: { partitions: 6, replicationFactor: 3, minInsyncReplicas: 2 },
  producer: { acks: 'all' },
  load: { ratePerSecond: 1_000 },
  consumers: 1,
  phases: { warmUpMs: 2_000, faultsMs: 45_000, recoveryMs: 3_000 },
  brokerSettings: {
    // The topic of a period that was judged leaves its disk soon.
    'log.segment.delete.delay.ms': '1000',
    // A producer that pauses for a while is forgotten, as one that pauses for a day is elsewhere (Kafka 3.5 and later).
    'producer.id.expiration.ms': '5000',
    'producer.id.expiration.check.interval.ms': '1000',
  },
  nemesis: {
    random: { mix: [...MIX_KINDS], meanIntervalMs: 3_000, meanDurationMs: 5_000, keepBrokersUp: 2 },
  },
  soak: {},
  expect: 'no-loss',
});
