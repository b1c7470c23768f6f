import { Command } from 'commander';
import { addLinCommand } from '../../src/cli/commands/lin.ts';

/** Runs `kept lin …` in this process. Tests that call it must be serial: it catches what is printed. */
export async function lin(...argv: string[]): Promise<{ text: string; status: typeof process.exitCode }> {
  const program = new Command('kept').exitOverride().configureOutput({ writeErr: () => {} });
  addLinCommand(program);
  for (const command of program.commands) command.exitOverride();
  const write = process.stdout.write.bind(process.stdout);
  let text = '';
  process.stdout.write = (chunk: string | Uint8Array) => {
    text += String(chunk);
    return true;
  };
  try {
    await program.parseAsync(['lin', ...argv], { from: 'user' });
    return { text, status: process.exitCode };
  } finally {
    process.stdout.write = write;
    process.exitCode = undefined;
  }
}
