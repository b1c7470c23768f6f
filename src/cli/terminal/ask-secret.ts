import { EXIT, Failure } from '../../core/failure.ts';
import { Secret } from '../../core/secret.ts';
import { say } from './print.ts';

const ENTER = /[\r\n]/;
const INTERRUPT = '\u0003';
const END = '\u0004';
const ERASE = /[\b\u007f]/;

/**
 * Asks the person at the terminal for a password, without showing what is typed.
 * @param instead what to do where nobody can be asked, as a hint
 */
export function askSecret(question: string, instead: string): Promise<Secret> {
  const { stdin } = process;
  if (!stdin.isTTY)
    return Promise.reject(
      new Failure(`There is no terminal to ask for ${question}.`, { hint: instead, exitStatus: EXIT.usage }),
    );
  say(`${question.charAt(0).toUpperCase()}${question.slice(1)}: `);
  return new Promise((resolve, reject) => {
    let typed = '';
    const done = (settle: () => void) => {
      stdin.off('data', onData);
      stdin.setRawMode(false);
      stdin.pause();
      say('\n');
      settle();
    };
    const onData = (chunk: Buffer) => {
      for (const character of chunk.toString('utf8')) {
        if (ENTER.test(character)) return done(() => resolve(new Secret(typed)));
        if (character === INTERRUPT || character === END)
          return done(() =>
            reject(new Failure(`No answer for ${question}.`, { exitStatus: EXIT.interrupted })),
          );
        typed = ERASE.test(character) ? typed.slice(0, -1) : typed + character;
      }
    };
    stdin.setRawMode(true);
    stdin.resume();
    stdin.on('data', onData);
  });
}
