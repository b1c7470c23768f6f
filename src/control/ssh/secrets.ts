import { closeSync, openSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';
import { EXIT } from '../../core/failure.ts';

/** Passwords and passphrases. They are in this process's memory, and go nowhere else. */
export interface Secrets {
  /** Null where there is nobody to ask. What was answered before is not asked again. */
  ask(question: string): Promise<string | null>;
  /** The answer was wrong. */
  forget(question: string): void;
}

/** Asks at the terminal, without showing what is typed, one question after the other. */
export function terminalSecrets(
  readAnswer: (question: string) => Promise<string | null> = readHidden,
): Secrets {
  const answers = new Map<string, string>();
  let last: Promise<unknown> = Promise.resolve();
  return {
    ask(question) {
      const answer = last.then(async () => {
        const known = answers.get(question);
        if (known !== undefined) return known;
        const given = await readAnswer(question);
        if (given !== null) answers.set(question, given);
        return given;
      });
      last = answer.catch(() => undefined);
      return answer;
    },
    forget: (question) => void answers.delete(question),
  };
}

/** Those of this process: a connection that is opened again asks no second time. */
export const SECRETS: Secrets = terminalSecrets();

const ENTER = /[\r\n]/;
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const DELETE = /[\b\u007f]/;

/** As ssh does it: from the terminal itself, wherever standard input comes from. */
async function readHidden(question: string): Promise<string | null> {
  let descriptor: number;
  try {
    descriptor = openSync('/dev/tty', 'r+');
  } catch {
    return null;
  }
  const input = new ReadStream(descriptor);
  const output = new WriteStream(descriptor);
  try {
    output.write(question);
    input.setRawMode(true);
    return await typed(input);
  } finally {
    input.setRawMode(false);
    output.write('\n');
    input.destroy();
    output.destroy();
    try {
      closeSync(descriptor);
    } catch {
      // The streams have closed it.
    }
  }
}

function typed(input: ReadStream): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    input.setEncoding('utf8').on('data', (chunk: string) => {
      for (const character of chunk) {
        if (ENTER.test(character)) return resolve(text);
        if (character === CTRL_D) return resolve(null);
        if (character === CTRL_C) {
          input.setRawMode(false);
          process.exit(EXIT.interrupted);
        }
        text = DELETE.test(character) ? text.slice(0, -1) : text + character;
      }
    });
  });
}
