import { createHash } from 'node:crypto';
import { describeFault } from '../../history/fault-words.ts';
import type { Fault } from '../../history/fault.ts';
import type { RunInfo } from '../../history/run.ts';

/**
 * Everything that a run was set to, by name, each as a text: what can differ between two runs that are compared. The
 * seed is none of it, for it is what repetitions differ in; nor are words for people, or when and how often a run ran.
 */
export type Settings = Readonly<Record<string, string>>;

/** Of a scenario: what says nothing about how it is run, or is told in another way. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'name',
  'title',
  'description',
  'expect',
  'faultsPlanned',
  'partOfSoak',
  'kraftMode',
  'nemesis',
]);

export function settingsOf(info: RunInfo): Settings {
  const { scenario, versions, contract, client } = info;
  const settings: Record<string, string> = { scenario: scenario.name, world: info.world };
  const tell = (name: string, value: string | number | boolean | null | undefined) => {
    if (value !== undefined && value !== null) settings[name] = String(value);
  };
  tell('Kafka', versions.kafka);
  tell('jars', digestOf(versions.jars));
  tell('client', client?.library);
  // Its own version is told with those of the tools.
  if (client?.library !== 'kept') tell('client version', client?.version);
  tell('mode', info.kafkaMode);
  tell('lab', info.lab);
  tell('image', info.image);
  tell('planted bug', info.bug);
  tell('acks', contract.acks);
  tell('min.insync.replicas', contract.minInsyncReplicas);
  tell('replication factor', contract.replicationFactor);
  tell('unclean election', contract.uncleanLeaderElection ? 'on' : 'off');
  tell('partitions', info.partitions);
  tell('workers', info.workers);
  const told = new Set([
    'producer.acks',
    'topic.minInsyncReplicas',
    'topic.replicationFactor',
    'topic.uncleanLeaderElection',
    'topic.partitions',
    'load.workers',
    'client.library',
    'client.version',
  ]);
  for (const [name, value] of leavesOf(scenario, '')) if (!told.has(name)) tell(name, value);
  tell('faults', faultsIn(scenario['nemesis']));
  tell('kept', versions.kept);
  tell('Java', versions.java);
  tell('Node.js', versions.node);
  for (const [name, value] of Object.entries(info.machine ?? {}))
    if (name !== 'user') tell(`machine: ${name}`, value);
  return settings;
}

/** Numbers, texts and switches of an object, at whatever depth, by their paths. */
function leavesOf(value: unknown, path: string): [path: string, value: string | number | boolean][] {
  if (Array.isArray(value)) return [[path, value.join(', ')]];
  if (typeof value !== 'object' || value === null) return [[path, leafOf(value)]];
  return Object.entries(value)
    .filter(([name]) => path !== '' || !LEFT_OUT.has(name))
    .flatMap(([name, inner]) => leavesOf(inner, path === '' ? name : `${path}.${name}`));
}

function leafOf(value: unknown): string | number | boolean {
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isPlain ? value : 'none';
}

/** Equal where all the jars are. */
function digestOf(jars: Record<string, string> | undefined): string | undefined {
  if (jars === undefined) return undefined;
  const names = Object.keys(jars).toSorted();
  const text = names.map((name) => `${name} ${jars[name]}\n`).join('');
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** The nemesis of a scenario in words; of one that this version does not know, as JSON. */
function faultsIn(nemesis: unknown): string | undefined {
  if (nemesis === undefined) return undefined;
  try {
    const { script, random } = nemesis as {
      script?: { atMs: number; afterWrites?: number; forMs: number | null; fault: Fault }[];
      random?: { mix: string[]; meanIntervalMs: number; meanDurationMs: number };
    };
    if (random !== undefined)
      return `drawn: ${random.mix.join(', ')}; every ${random.meanIntervalMs} ms, for ${random.meanDurationMs} ms`;
    if (script !== undefined)
      return (
        script
          .map(({ atMs, afterWrites, forMs, fault }) => {
            const when = afterWrites === undefined ? '' : `after ${afterWrites} writes and `;
            return `${describeFault(fault)} ${when}at ${atMs} ms${forMs === null ? '' : ` for ${forMs} ms`}`;
          })
          .join('; ') || 'none'
      );
  } catch {
    // It is told as it stands.
  }
  return JSON.stringify(nemesis);
}

/** A setting that runs do not have in common: the value of each of them, null where it has none. */
export interface Difference {
  name: string;
  values: (string | null)[];
}

export function differencesBetween(all: readonly Settings[]): Difference[] {
  const names = [...new Set(all.flatMap((settings) => Object.keys(settings)))];
  return names
    .map((name) => ({ name, values: all.map((settings) => settings[name] ?? null) }))
    .filter(({ values }) => new Set(values).size > 1);
}
