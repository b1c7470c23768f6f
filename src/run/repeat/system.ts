import { EXIT, Failure } from '../../core/failure.ts';
import { nameOfClient } from '../../history/client-info.ts';
import { listed } from '../../core/words.ts';
import type { Plan } from '../plan.ts';
import type { System } from './repeat-file.ts';

/** What a plan will run against. */
export function systemOf({ world, mode, client }: Plan): System {
  const distribution = 'distribution' in world ? world.distribution : null;
  return {
    world: world.kind,
    kafka: distribution?.version ?? null,
    jars: distribution?.jars ?? {},
    mode,
    image: world.kind === 'docker' && world.local === null ? world.image : null,
    brokers:
      world.kind === 'given'
        ? world.brokers.map(({ name, address, port }) => `${name} (${address}:${port})`).join(', ')
        : null,
    client: client.mode === 'audit' ? null : nameOfClient(client),
    hosts: world.kind === 'ssh' ? world.nodes.map(({ name, host }) => `${name} on ${host}`).join(', ') : null,
  };
}

/**
 * @param what `repeat` or `soak`.
 * @throws Failure (usage) where its runs would not be runs of the same thing any more.
 */
export function assertSameSystem(
  directory: string,
  before: System,
  now: System,
  what: 'repeat' | 'soak' = 'repeat',
): void {
  const changes = changesBetween(before, now);
  if (changes.length === 0) return;
  throw new Failure(
    `the ${what} ${directory} cannot go on, because what it ran against has changed: ${changes.join('; ')}`,
    {
      hint: 'bring back what was there, or start another one; "kept compare" holds repeats side by side',
      exitStatus: EXIT.usage,
    },
  );
}

function changesBetween(before: System, now: System): string[] {
  const changes = (['world', 'kafka', 'mode', 'image', 'brokers', 'hosts', 'client'] as const)
    .filter((name) => before[name] !== undefined && before[name] !== now[name])
    .map((name) => `${WORDS[name]} was ${before[name] ?? 'none'} and is ${now[name] ?? 'none'}`);
  const names = [...new Set([...Object.keys(before.jars), ...Object.keys(now.jars)])];
  const jars = names.filter((name) => before.jars[name] !== now.jars[name]);
  // Another version has other jars anyway.
  if (before.kafka === now.kafka && jars.length > 0) changes.push(`other jars than before: ${listed(jars)}`);
  return changes;
}

const WORDS = {
  world: 'the lab',
  kafka: 'the version of Kafka',
  mode: 'the mode',
  image: 'the image',
  brokers: 'the brokers',
  client: 'the client',
  hosts: 'the list of hosts',
} as const;
