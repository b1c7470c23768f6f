import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { messageOf } from '../core/failure.ts';

/**
 * A client of the gateway that every Spark brings for its Python shell (Py4J): commands and answers are lines of text, and
 * each command calls one method of one object of the Java process. So Spark can be driven without Python, and without
 * anything compiled.
 */
export interface JavaObject {
  readonly reference: string;
}

export class Gateway {
  readonly #socket: Socket;
  /** The one who waits for the next line. */
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  #closed: Error | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    createInterface({ input: socket }).on('line', (line) => this.#waiting.shift()?.resolve(line));
    const fail = (error: Error) => {
      this.#closed ??= error;
      for (const { reject } of this.#waiting.splice(0)) reject(this.#closed);
    };
    socket.on('error', (error) => fail(new Error(messageOf(error))));
    socket.on('close', () => fail(new Error('Spark’s driver ended')));
  }

  /** @param secret what the gateway has told only to the one who started it. */
  static async connect(port: number, secret: string): Promise<Gateway> {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    const gateway = new Gateway(socket);
    await gateway.#ask(`A\n${secret}\n`);
    return gateway;
  }

  /** @param target an object, or the name of a class for its static methods. @throws Error with what Java has thrown. */
  async call(
    target: JavaObject | string,
    method: string,
    ...args: (string | boolean)[]
  ): Promise<JavaObject> {
    const of = typeof target === 'string' ? `z:${target}` : target.reference;
    const given = args.map((arg) => (typeof arg === 'boolean' ? `b${arg}\n` : `s${escaped(arg)}\n`));
    const answer = await this.#ask(`c\n${of}\n${method}\n${given.join('')}e\n`);
    // What stands first says what it is: r an object, s text, v nothing.
    return { reference: answer.slice(1) };
  }

  /** Calls a method that gives text. */
  async text(target: JavaObject, method: string): Promise<string> {
    return unescaped((await this.call(target, method)).reference);
  }

  /** The text of an object. */
  textOf(object: JavaObject): Promise<string> {
    return this.text(object, 'toString');
  }

  close(): void {
    this.#socket.destroy();
  }

  async #ask(command: string): Promise<string> {
    const line = await new Promise<string>((resolve, reject) => {
      if (this.#closed !== null) {
        reject(this.#closed);
        return;
      }
      this.#waiting.push({ resolve, reject });
      this.#socket.write(command);
    });
    const answer = line.replace(/^!/, '');
    if (answer.startsWith('y')) return answer.slice(1);
    // An error: the exception as an object, or its text.
    if (answer.startsWith('xr')) throw new Error(await this.textOf({ reference: answer.slice(2) }));
    throw new Error(unescaped(answer.slice(2)) || 'Spark gave no reason');
  }
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\r', '\\r').replaceAll('\n', '\\n');
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (_, letter: string) => ({ n: '\n', r: '\r' })[letter] ?? letter);
}
