import { existsSync, readFileSync } from 'node:fs';
import { messageOf } from '../../core/failure.ts';
import type { Target } from './client-config.ts';
import type { Secrets } from './secrets.ts';

/** One way to prove who we are. */
export type Way =
  | {
      kind: 'agent';
      socket: string;
      /** Public keys in wire form; null: all that it holds. */ only: Buffer[] | null;
    }
  | { kind: 'key'; text: Buffer; passphrase: string | null }
  | { kind: 'password'; password: string };

/** What reads a private key: `encrypted` where it needs another passphrase, null where it is none that is known. */
export type KeyReader = (text: Buffer, passphrase: string | null) => 'readable' | 'encrypted' | null;

const TRIES = 3;

/**
 * The ways to try, one after the other: the agent, then the key files, then passwords that are asked for at a terminal.
 * A passphrase is asked for only when its key's turn has come.
 * @param note told what could not be tried, and why.
 */
export async function* waysOf(
  target: Target,
  options: {
    secrets: Secrets;
    readKey: KeyReader;
    /** Whether the server still takes this; true where it has not said so. */
    allows: (method: 'publickey' | 'password') => boolean;
    note: (text: string) => void;
  },
): AsyncGenerator<Way> {
  const { secrets, note } = options;
  const { agent, identityFiles, identitiesOnly } = target;
  if (options.allows('publickey')) {
    if (agent === null) note('there is no agent (SSH_AUTH_SOCK)');
    else if (!existsSync(agent)) note(`the agent's socket ${agent} is not there`);
    else yield { kind: 'agent', socket: agent, only: identitiesOnly ? publicKeysOf(identityFiles) : null };
    for (const file of identityFiles) {
      const way = await keyWay(file, options);
      if (way !== null) yield way;
    }
  }
  for (let left = TRIES; left > 0 && options.allows('password'); left--) {
    const question = `Password of ${target.user}@${target.name}: `;
    const password = await secrets.ask(question);
    if (password === null) return note('there is no terminal to ask for a password');
    yield { kind: 'password', password };
    secrets.forget(question);
  }
}

async function keyWay(
  file: string,
  { secrets, readKey, note }: { secrets: Secrets; readKey: KeyReader; note: (text: string) => void },
): Promise<Way | null> {
  if (!existsSync(file)) return null;
  let text: Buffer;
  try {
    text = readFileSync(file);
  } catch (error) {
    note(`the key ${file} cannot be read (${messageOf(error).split(',')[0]})`);
    return null;
  }
  const state = readKey(text, null);
  if (state === 'readable') return { kind: 'key', text, passphrase: null };
  if (state === null) {
    note(`the key ${file} is of a kind that is not known`);
    return null;
  }
  const question = `Passphrase of ${file}: `;
  for (let left = TRIES; left > 0; left--) {
    const passphrase = await secrets.ask(question);
    if (passphrase === null) {
      note(`the key ${file} is encrypted, and there is no terminal to ask for its passphrase`);
      return null;
    }
    if (readKey(text, passphrase) === 'readable') return { kind: 'key', text, passphrase };
    secrets.forget(question);
  }
  note(`no passphrase opened the key ${file}`);
  return null;
}

/** Those beside the private ones, which need no passphrase. */
function publicKeysOf(identityFiles: readonly string[]): Buffer[] {
  return identityFiles.flatMap((file) => {
    const path = `${file}.pub`;
    if (!existsSync(path)) return [];
    const [, base64] = readFileSync(path, 'utf8').trim().split(/\s+/);
    return base64 === undefined ? [] : [Buffer.from(base64, 'base64')];
  });
}
