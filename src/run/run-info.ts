import { arch, cpus, platform, release, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { wallClock } from '../core/clock.ts';
import { thisProcess } from '../core/process-identity.ts';
import { keptVersion } from '../core/version.ts';
import type { PreparedClient } from '../client/library.ts';
import type { ClientInfo } from '../history/client-info.ts';
import type { RunInfo } from '../history/run.ts';
import { contractOf } from '../scenario/contract.ts';
import { copiesInfoOf, writersOf } from '../scenario/copying.ts';
import { groupInfoOf } from '../scenario/group.ts';
import { transactionsInfoOf } from '../scenario/transactions.ts';
import type { Setting, Stage } from '../world/stage.ts';
import { TOPIC, type Plan } from './plan.ts';

/** The topic that the records go to. */
export function topicOf({ topic }: Plan): string {
  return topic ?? TOPIC;
}

export function settingOf(plan: Plan): Setting {
  const { run: name, scenario, client, consumer, schedule, mode, seed, directory } = plan;
  const { nemesis } = scenario;
  // A soak draws its periods later, from the scenario.
  const mayDraw = plan.soak !== undefined && 'random' in nemesis && nemesis.random.mix.includes('power-loss');
  const powerLoss = mayDraw || schedule.some(({ fault }) => fault.kind === 'power-loss');
  return {
    run: name,
    scenario,
    client,
    ...(consumer !== undefined && { consumer }),
    mode,
    seed,
    topic: topicOf(plan),
    directory: resolve(directory),
    powerLoss,
  };
}

/** What run.json says at the beginning. */
export function infoOf(plan: Plan, world: Stage['info']): RunInfo {
  const { scenario } = plan;
  const place = { topic: topicOf(plan), seed: plan.seed, isGiven: plan.world.kind === 'given' };
  const transactions = transactionsInfoOf(scenario, place);
  const group = groupInfoOf(scenario, place);
  const copies = copiesInfoOf(scenario);
  return {
    version: 2,
    run: plan.run,
    status: 'running',
    seed: plan.seed,
    scenario: {
      ...scenario,
      faultsPlanned: plan.schedule.length,
      ...(plan.soak !== undefined && { partOfSoak: true }),
    },
    contract: contractOf(scenario),
    client: clientInfo(plan.client),
    topic: topicOf(plan),
    partitions: scenario.topic.partitions,
    ...(scenario.dense && { dense: true }),
    ...(scenario.requestLog && { requestLog: true as const }),
    nodes: [],
    workers: writersOf(scenario),
    ...(transactions !== undefined && { transactions }),
    ...(group !== undefined && { group }),
    ...(copies !== undefined && { copies }),
    ...(plan.processes !== undefined && { processes: plan.processes }),
    ...(plan.world.kind !== 'given' && { kafkaMode: plan.mode }),
    machine: {
      cores: cpus().length,
      memoryBytes: totalmem(),
      platform: `${platform()} ${release().split('.').slice(0, 2).join('.')} ${arch()}`,
      user: process.getuid?.() === 0 ? 'root (in the lab)' : 'unprivileged',
    },
    process: plan.process ?? thisProcess(),
    startedAt: wallClock(),
    command: plan.command,
    ...world,
    versions: { kept: keptVersion(), node: process.version, ...world.versions },
  };
}

function clientInfo({ library, version, mode }: PreparedClient): ClientInfo {
  return { library, version, mode };
}
