import { CommanderError } from 'commander';
import { EXIT } from '../../core/failure.ts';
import { listed } from '../../core/words.ts';
import { nearest } from '../../core/nearest.ts';
import type { Session } from '../../hand/session.ts';
import type { LabActions } from './actions.ts';
import { clusterActions } from './cluster-actions.ts';
import { candidates } from './completion.ts';
import { faultActions } from './fault-actions.ts';
import type { LabIo } from './io.ts';
import { loadActions } from './load-actions.ts';
import { LAB_COMMANDS, labProgram } from './program.ts';

/**
 * Carries out one command of a lab.
 * @param topics those that were made by hand; it keeps the list.
 * @returns its exit status.
 */
export async function executeLabCommand(
  session: Session,
  argv: readonly string[],
  io: LabIo,
  topics: Set<string>,
): Promise<number> {
  let status: number = EXIT.valid;
  const cluster = clusterActions(session, io);
  const actions: LabActions = {
    ...cluster,
    ...faultActions(session, io),
    ...loadActions(session, io),
    async createTopic(name, options) {
      const done = await cluster.createTopic(name, options);
      topics.add(name);
      return done;
    },
    async deleteTopic(name) {
      const done = await cluster.deleteTopic(name);
      topics.delete(name);
      return done;
    },
    async complete(words) {
      const nodes = session.world.nodes.map(({ name }) => name);
      const found = candidates(program, words, { nodes, topics: [session.topic, ...topics] });
      io.out(found.map((word) => `${word}\n`).join(''));
      return EXIT.valid;
    },
  };
  const output = { out: (text: string) => io.out(text), err: (text: string) => io.line(text.trimEnd()) };
  const program = labProgram(actions, output, (ended) => (status = ended));
  const [name = 'help'] = argv;
  if (!name.startsWith('-') && name !== 'complete' && !(LAB_COMMANDS as readonly string[]).includes(name)) {
    const near = nearest(name, LAB_COMMANDS);
    io.line(
      `kept: There is no command "${name}" in a lab.\n  ${near === null ? `Known are ${listed(LAB_COMMANDS.slice(0, 9))}; "help" lists all of them.` : `Did you mean ${near}?`}`,
    );
    return EXIT.usage;
  }
  try {
    await program.parseAsync(argv.length === 0 ? ['help'] : [...argv], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.valid : EXIT.usage;
    throw error;
  }
}
