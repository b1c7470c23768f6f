/** Whether a cluster can do what transactions of one version need. */
import { EXIT, Failure } from '../../../core/failure.ts';
import { API, type Call, type Versions } from '../kafkajs.ts';
import type { Session } from '../session.ts';
import { flexibleCall } from './flexible.ts';
import { PRODUCE_THAT_ADDS } from './produce-that-adds.ts';
import { END_WITH_EPOCH, OFFSETS_THAT_ADD } from './requests.ts';

/** The first version whose answer tells the features that the cluster has settled on; Kafka 2.4. */
const FEATURES_TOLD = 3;
const FINALIZED_FEATURES = 2;
const FEATURE = 'transaction.version';

const NEEDED: Record<1 | 2, readonly { api: keyof typeof API; version: number }[]> = {
  1: [
    { api: 'initProducerId', version: 0 },
    { api: 'addPartitionsToTxn', version: 0 },
    { api: 'endTxn', version: 0 },
  ],
  2: [
    { api: 'produce', version: PRODUCE_THAT_ADDS },
    { api: 'endTxn', version: END_WITH_EPOCH },
    { api: 'txnOffsetCommit', version: OFFSETS_THAT_ADD },
  ],
};

/** @throws Failure (usage) where the broker, or the cluster that it is of, does not speak this version of transactions */
export async function assertSpeaks(session: Session, version: 1 | 2): Promise<void> {
  const lacking = NEEDED[version].find((needed) => !has(session.versions, needed));
  if (lacking !== undefined) {
    throw cannot(
      `The broker ${session.address} does not speak version ${lacking.version} of ${nameOf(lacking.api)}, which transactions of version ${version} need.`,
      version,
    );
  }
  if (version === 1) return;
  const level = await levelOf(session);
  if (level >= version) return;
  throw cannot(
    `The cluster has ${FEATURE}=${level}, and transactions of version ${version} were asked for.`,
    version,
  );
}

function has(versions: Versions, { api, version }: { api: keyof typeof API; version: number }): boolean {
  const range = versions[API[api]];
  return range !== undefined && range.maxVersion >= version;
}

function nameOf(api: string): string {
  return `${api[0]!.toUpperCase()}${api.slice(1)}`;
}

function cannot(what: string, version: 1 | 2): Failure {
  const hint =
    version === 1
      ? 'Kafka has transactions from 0.11 on; some systems that speak its protocol have none.'
      : `Version 2 needs Kafka 4.0 and the feature ${FEATURE}=2: raise it with kafka-features.sh, or ask for version 1.`;
  return new Failure(what, { hint, exitStatus: EXIT.usage });
}

/** What the cluster has settled on; 0 where no such feature is told. */
async function levelOf(session: Session): Promise<number> {
  const asked = session.versions[API.apiVersions];
  if (asked === undefined || asked.maxVersion < FEATURES_TOLD) return 0;
  return (await session.request(featuresCall())).get(FEATURE) ?? 0;
}

/** ApiVersions: the levels of features that are finalized, by name. */
function featuresCall(): Call<Map<string, number>> {
  return flexibleCall({
    apiKey: API.apiVersions,
    apiVersion: FEATURES_TOLD,
    apiName: 'ApiVersions',
    plainHeader: true,
    write: (writer) => void writer.text('kept').text('1'),
    read: (reader) => {
      reader.int16(); // error code
      reader.array(() => {
        reader.int16();
        reader.int16();
        reader.int16();
        reader.tags();
      });
      reader.int32(); // throttle time
      const levels = new Map<string, number>();
      reader.tags((tag, field) => {
        if (tag !== FINALIZED_FEATURES) return;
        field.array(() => {
          const name = field.text() ?? '';
          levels.set(name, field.int16());
          field.int16(); // the least level that it may be lowered to
          field.tags();
        });
      });
      return levels;
    },
  });
}
