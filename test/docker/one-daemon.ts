import { createInterface } from 'node:readline';
import { resolve } from 'node:path';
import { withDocker } from './why-no-docker.ts';

const IN_TURN = resolve(import.meta.dirname, '../in-turn.ts');

/** What a program has told, as the last line of its output, and all that it said beside it. */
export interface Told {
  told: unknown;
  stderr: string;
}

/**
 * Runs programs of Node one after the other where one Docker daemon answers: it has the image of Kafka from the first that
 * needs it on.
 * @param programs each a file and its words
 * @returns by its place in the list, what each tells; it is rejected where a program told nothing
 */
export function inTurn(
  programs: readonly (readonly string[])[],
  environment: Record<string, string>,
): Promise<Told>[] {
  const running = withDocker(IN_TURN, [JSON.stringify(programs)], environment);
  const lines = createInterface({ input: running.stdout })[Symbol.asyncIterator]();
  let before: Promise<unknown> = Promise.resolve();
  return programs.map(([program]) => {
    const told = before.then(async () => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${program} was not begun: ${(await running).stderr}`);
      const { last, stderr } = JSON.parse(value) as { last: string; stderr: string };
      if (!last) throw new Error(`${program} told nothing: ${stderr}`);
      return { told: JSON.parse(last) as unknown, stderr };
    });
    before = told.catch(() => undefined);
    return told;
  });
}
