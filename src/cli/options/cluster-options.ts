import { Option, type Command } from 'commander';
import { REACHES } from '../../control/docker/reach.ts';
import { LAB_KINDS } from '../../world/plan.ts';
import { CONSENT_OPTION } from '../../run/consent.ts';
import type { Wishes } from '../../run/prepare.ts';
import { claimOption } from '../commands/check.ts';
import { parseList, parseSeed } from './parse.ts';

/** Where Kafka comes from and where the run goes: common to `run` and `suite`. */
export type ClusterOptions = Wishes;

export function addClusterOptions(command: Command): Command {
  return command
    .option(
      '--kafka <version|dir|tgz>',
      'which Kafka: 4.4.0, 3.9.1, 2.0.1, …, a folder, an archive (default: $KAFKA_HOME, else 4.4.0)',
    )
    .addOption(
      new Option(
        '--lab <kind>',
        'where real Kafka runs: netns, network namespaces of its own; docker, containers; ssh, hosts that --nodes names; loopback, processes of this machine, where nothing can be cut (default: netns)',
      ).choices(LAB_KINDS),
    )
    .option(
      '--image <name>',
      "what the containers are made from, such as apache/kafka:4.4.0 (default: one that is put together from this machine's Java and Kafka)",
    )
    .addOption(
      new Option(
        '--docker-reach <how>',
        "how brokers in containers are reached: direct, at the containers' own addresses; published, by ports that the daemon publishes on its machine, as Docker Desktop needs it (default: found out by trying)",
      ).choices(REACHES),
    )
    .addOption(
      new Option(
        '--mode <mode>',
        'how the cluster keeps its metadata (default: what the version and the scenario want)',
      ).choices(['zookeeper', 'kraft-combined', 'kraft-separate']),
    )
    .option('--store <dir>', 'where run directories go', 'store')
    .option(
      '--data-dir <dir>',
      "keep the brokers' data there (default: in memory; with --lab ssh in /var/tmp of the nodes)",
    )
    .option(
      '--nodes <list>',
      'hosts for --lab ssh: user@a,user@b:2222, or aliases of ~/.ssh/config',
      parseList,
    )
    .option('--ssh-accept-new', 'accept and write down keys of hosts that known_hosts does not have')
    .option(CONSENT_OPTION, 'allow faults on nodes that kept did not make; they are told first')
    .addOption(claimOption())
    .option('--seed <n>', 'of everything random; a fresh one is printed otherwise', parseSeed)
    .option('--json', 'print the result as JSON');
}

/** For commands that can also do without Kafka. */
export function addSimulateOption(command: Command): Command {
  return command.option('--simulate', 'against a model of Kafka in virtual time instead of Kafka');
}
