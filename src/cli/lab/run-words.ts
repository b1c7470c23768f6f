import { spawn } from '../../core/child-process.ts';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';

/**
 * Gives the terminal to a shell, or to a command, until that ends. The lab's signals reach it too, and it decides what
 * they mean.
 * @param words empty: a shell.
 * @param prefix what the command is started by.
 * @returns its exit status.
 */
export function runWords(
  words: readonly string[],
  environment: Record<string, string>,
  prefix: readonly string[] = [],
): Promise<number> {
  const shell = ['bash', '--rcfile', environment['BASH_ENV'] ?? '/dev/null', '-i'];
  // A shell for a person reads its file by itself; BASH_ENV is for scripts.
  const command = words.length > 0 ? words : process.stdin.isTTY ? shell : ['bash'];
  const [program = '', ...args] = [...prefix, ...command];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...environment } });
    // At a terminal, Ctrl-C reaches the shell by itself; and a shell ends at a hang-up, not at TERM.
    const atTerminal = process.stdin.isTTY;
    const ignore = () => undefined;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      if (atTerminal && name === 'SIGINT') process.on(name, ignore);
      else process.on(name, () => child.kill(atTerminal ? 'SIGHUP' : name));
    }
    child.on('error', (error) =>
      reject(
        new Failure(`"${program}" cannot be started inside the lab: ${messageOf(error)}.`, {
          exitStatus: EXIT.usage,
        }),
      ),
    );
    child.on('close', (status, signal) =>
      resolve(status ?? (signal === null ? EXIT.internal : EXIT.interrupted)),
    );
  });
}
