import type { Command } from 'commander';
import { openEngine } from '../../control/docker/engine.ts';
import { assembleImage } from '../../db/kafka/assembled-image.ts';
import { resolveDistribution } from '../../db/kafka/distribution.ts';
import { print, say } from '../terminal/print.ts';

export function addImageCommand(program: Command): void {
  program
    .command('image')
    .description('make an image of Kafka from what this machine has, for docker run and compose')
    .option('--kafka <version|dir|tgz>', 'which Kafka (default: $KAFKA_HOME, else 4.4.0)')
    .addHelpText(
      'after',
      `
Puts this machine's Java and the jars of Kafka into an image of its Docker daemon, without a registry, and prints the image's
name. It is the image that "kept run --lab docker" uses. A container of it is configured by its environment as one of
apache/kafka is: KAFKA_NODE_ID, KAFKA_PROCESS_ROLES, KAFKA_LISTENERS, …, CLUSTER_ID; so it can take its place in a compose
file, such as hooks/compose.yaml. Properties that are mounted, and the variables of apache/kafka for TLS files and log
levels, are not known to it.

Examples:
  kept image
  KAFKA_IMAGE=$(kept image --kafka 3.9.1) docker compose -f hooks/compose.yaml up -d`,
    )
    .action(async ({ kafka }: { kafka?: string }) => {
      const sayLine = (line: string) => say(`${line}\n`);
      // Asked first: without its daemon nothing has to be fetched.
      const engine = await openEngine();
      const distribution = await resolveDistribution({
        kafka,
        environment: process.env,
        onProgress: sayLine,
      });
      const { versionName } = await assembleImage(engine, distribution, sayLine);
      print(`${versionName}\n`);
    });
}
