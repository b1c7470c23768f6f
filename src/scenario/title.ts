import { capitalised, counted } from '../core/words.ts';
import { libraryOf, retriesInWords } from './client.ts';
import type { Scenario } from './schema.ts';

/**
 * A title that says what is run. A title of the catalogue names the acks, and options may change them; what else they
 * change of the promise or of the cluster is added. A scenario without a title is described.
 * @param before the scenario as it was named, before options changed it.
 */
export function titleOf(scenario: Scenario, before: Scenario): string {
  if (before.title === '') return describe(scenario);
  const named = scenario.title.replaceAll(/\backs=(?:0|1|-1|all)\b/g, `acks=${scenario.producer.acks}`);
  const changes = changesOf(scenario, before, named);
  return changes.length === 0 ? named : `${named}, with ${changes.join(', ')}`;
}

function describe({ producer, topic, brokers, nemesis }: Scenario): string {
  const faults =
    'script' in nemesis
      ? [...new Set(nemesis.script.map(({ fault }) => fault.kind))].join(', ') || 'no faults'
      : `random faults (${nemesis.random.mix.join(', ')})`;
  return `${capitalised(faults)}; acks=${producer.acks}, ${counted(topic.partitions, 'partition')}, ${counted(brokers, 'broker')}`;
}

function changesOf(now: Scenario, before: Scenario, title: string): string[] {
  const { acks } = now.producer;
  const facts: [isChanged: boolean, text: string][] = [
    [acks !== before.producer.acks && !title.includes(`acks=${acks}`), `acks=${acks}`],
    [
      now.topic.minInsyncReplicas !== before.topic.minInsyncReplicas,
      `min.insync.replicas=${now.topic.minInsyncReplicas}`,
    ],
    [now.topic.uncleanLeaderElection !== before.topic.uncleanLeaderElection, 'unclean election'],
    [now.topic.compact !== before.topic.compact, now.topic.compact ? 'compaction' : 'no compaction'],
    [now.producer.idempotence !== before.producer.idempotence, 'an idempotent producer'],
    [libraryOf(now) !== libraryOf(before), `the client ${libraryOf(now)}`],
    [now.producer.transactions !== undefined && before.producer.transactions === undefined, 'transactions'],
    [
      now.consumer !== undefined && now.consumer.library !== before.consumer?.library,
      `consumers of ${now.consumer?.library}`,
    ],
    [now.group !== undefined && before.group === undefined, 'a consumer group'],
    [
      now.group !== undefined && now.group.protocol !== (before.group?.protocol ?? now.group.protocol),
      `the protocol ${now.group?.protocol}`,
    ],
    [now.producer.retries !== before.producer.retries, retriesInWords(now.producer.retries)],
    [now.load.workers !== before.load.workers, counted(now.load.workers, 'worker')],
    [now.topic.partitions !== before.topic.partitions, counted(now.topic.partitions, 'partition')],
    [now.brokers !== before.brokers, counted(now.brokers, 'broker')],
    [JSON.stringify(now.nemesis) !== JSON.stringify(before.nemesis), 'other faults'],
  ];
  return facts.filter(([isChanged]) => isChanged).map(([, text]) => text);
}
