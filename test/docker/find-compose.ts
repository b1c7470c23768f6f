import { execa } from 'execa';

/** Ways to call compose: the plugin that comes with Docker today, and the program that Debian still has. */
const WAYS = [['docker', 'compose'], ['docker-compose']] as const;

/** How compose is called on this machine; null where it is missing. Loud, because CI has to have one. */
export async function findCompose(): Promise<readonly string[] | null> {
  for (const [program, ...words] of WAYS) {
    const { failed } = await execa(program, [...words, 'version'], { reject: false, stdin: 'ignore' });
    if (!failed) return [program, ...words];
  }
  process.stderr.write('\n*** NOT TESTED: the hook for docker compose. There is no docker compose ***\n\n');
  return null;
}
