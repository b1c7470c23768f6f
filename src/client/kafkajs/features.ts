/** What a cluster can do, by the APIs that its brokers say they speak: Kafka-compatible systems lack some. */
import { Failure } from '../../core/failure.ts';
import { KAFKA_APIS, type KafkaApi } from '../../core/kafka-apis.ts';
import { requests, type Versions } from './kafkajs.ts';
import { PRODUCE_THAT_ADDS } from './transactions/produce-that-adds.ts';

export interface Features {
  createTopics: boolean;
  deleteTopics: boolean;
  describeConfigs: boolean;
  idempotence: boolean;
  /** Whether brokers speak the requests of transaction.version=2; the cluster may have settled on a lower one. */
  transactionVersion2: boolean;
  /** Whether brokers tell under which epoch a leader leads. */
  leaderEpochs: boolean;
  /** What is left out for want of them, in sentences. */
  lacking: string[];
}

const NEEDED = ['Produce', 'Fetch', 'ListOffsets', 'Metadata'] as const;
/** Fetch answers are read from this version on: before it, records have another format. */
const FETCH_VERSION_MIN = 4;
const METADATA_WITH_EPOCHS = 7;

/** @throws Failure when it lacks what every run needs */
export function featuresOf(versions: Versions): Features {
  for (const name of NEEDED) {
    const range = versions[KAFKA_APIS[name]];
    const own = requests[name].versions.map(Number);
    const [least, most] = [Math.min(...own), Math.max(...own)];
    const from = name === 'Fetch' ? FETCH_VERSION_MIN : least;
    if (range !== undefined && range.minVersion <= most && range.maxVersion >= from) continue;
    const theirs = range === undefined ? 'none' : `${range.minVersion} to ${range.maxVersion}`;
    throw new Failure(
      `The brokers and kept have no common version of ${name}: theirs ${theirs}, kept's ${from} to ${most}.`,
      { hint: 'Kafka 1.0 to 4.4 are known to work, and what speaks their protocol.' },
    );
  }
  const has = (name: KafkaApi) => versions[KAFKA_APIS[name]] !== undefined;
  const leaderEpochs = versions[KAFKA_APIS.Metadata]!.maxVersion >= METADATA_WITH_EPOCHS;
  const told: [boolean, string][] = [
    [
      leaderEpochs,
      'The brokers do not tell leader epochs, so a leader that was replaced and came back may go unnoticed.',
    ],
    [
      has('DescribeConfigs'),
      'The brokers do not tell the settings of topics, so it is assumed what the topic promises.',
    ],
    [
      has('DeleteTopics'),
      'Topics cannot be deleted through the protocol, so the one that the run makes stays.',
    ],
  ];
  return {
    createTopics: has('CreateTopics'),
    deleteTopics: has('DeleteTopics'),
    describeConfigs: has('DescribeConfigs'),
    idempotence: has('InitProducerId'),
    transactionVersion2: (versions[KAFKA_APIS.Produce]?.maxVersion ?? 0) >= PRODUCE_THAT_ADDS,
    leaderEpochs,
    lacking: told.filter(([isThere]) => !isThere).map(([, text]) => text),
  };
}
