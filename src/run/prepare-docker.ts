import type { Engine } from '../control/docker/engine.ts';
import type { Reach } from '../control/docker/reach.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { assembleImage } from '../db/kafka/assembled-image.ts';
import { cacheDirectory } from '../jars/cache.ts';
import type { Distribution } from '../db/kafka/distribution.ts';
import { findInImage } from '../db/kafka/image-distribution.ts';
import type { LabKind, DockerPlan } from '../world/plan.ts';

/** What the lab of containers needs beyond others: a daemon, and an image with Kafka in it. */

/** As much of a user's wishes as containers depend on. */
interface DockerWishes {
  image?: string;
  kafka?: string;
  dataDir?: string;
  dockerReach?: Reach;
}

/** @throws Failure (usage) for wishes that contradict each other. */
export function assertDockerWishes(
  { image, kafka, dataDir, dockerReach }: DockerWishes,
  kind: LabKind,
): void {
  const refuse = (message: string, hint: string): never => {
    throw new Failure(message, { hint, exitStatus: EXIT.usage });
  };
  if (kind !== 'docker') {
    if (image !== undefined)
      refuse('--image names what containers are made from, and this lab has none', 'use --lab docker');
    if (dockerReach !== undefined)
      refuse('--docker-reach says how containers are reached, and this lab has none', 'use --lab docker');
    return;
  }
  if (image !== undefined && kafka !== undefined) {
    refuse(
      '--image brings its own Kafka, and --kafka names another',
      'leave one of them out; the tag of an image chooses its version: --image apache/kafka:3.9.1',
    );
  }
  if (image !== undefined && !IMAGE_NAME.test(image))
    refuse(`"${image}" is no name of an image`, 'for example: --image apache/kafka:4.4.0');
  if (dataDir !== undefined)
    refuse('--data-dir is a directory of this machine, and containers have their own', 'leave it out');
}

/** `registry:5000/repository/name:tag@sha256:digest`, of which only the name has to be there. */
const IMAGE_NAME = /^[a-z0-9][a-z0-9._\-/]*(:\d+\/[a-z0-9._\-/]+)?(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/;

/** The Kafka of the image that the user names. */
export async function distributionOfImage(
  engine: Engine,
  image: string,
  say: (line: string) => void,
): Promise<Distribution> {
  return findInImage(engine, image, { cacheDirectory: cacheDirectory(process.env), say });
}

/** @param distribution that of the user's image, or one of this machine to make an image from. */
export async function dockerPlan(
  engine: Engine,
  distribution: Distribution,
  { image, dockerReach }: DockerWishes,
  say: (line: string) => void,
): Promise<DockerPlan> {
  const reach = dockerReach === undefined ? {} : { reach: dockerReach };
  if (image !== undefined) return { kind: 'docker', image, distribution, local: null, ...reach };
  const made = await assembleImage(engine, distribution, say);
  return { kind: 'docker', image: made.name, distribution: made.distribution, local: distribution, ...reach };
}
