import type { LabActions } from '../../../src/cli/lab/actions.ts';
import { labProgram } from '../../../src/cli/lab/program.ts';

/** What a command of a lab asks for: the action's name and its arguments. Nothing is done. Rejects as the parser does. */
export async function parsedLabCommand(
  words: readonly string[],
  say: (text: string) => void = () => undefined,
): Promise<unknown[]> {
  let called: unknown[] = [];
  const actions = new Proxy({} as LabActions, {
    get:
      (_, name) =>
      async (...args: unknown[]) => {
        called = [name, ...args];
        return 0;
      },
  });
  const program = labProgram(actions, { out: say, err: say }, () => undefined);
  await program.parseAsync([...words], { from: 'user' });
  return called;
}
