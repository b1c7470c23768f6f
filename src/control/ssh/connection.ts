import type { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import type {
  AgentAuthMethod,
  AnyAuthMethod,
  ClientChannel,
  IdentityCallback,
  ParsedKey,
  SFTPWrapper,
} from 'ssh2';
import { realClock, type Clock } from '../../core/clock.ts';
import { Failure, messageOf } from '../../core/failure.ts';
import type { ShellChannel } from '../shell/channel.ts';
import { waysOf, type KeyReader, type Way } from './authentication.ts';
import type { Target } from './client-config.ts';
import { hostKeysOf } from './host-keys.ts';
import { explained, silent } from './connection-failures.ts';
import type { Secrets } from './secrets.ts';

/** A connection to a host, once it is there: it serves until it is lost, and is not opened again. */
export interface Connection {
  /** Null while it serves. */
  lostBecause(): string | null;
  /** Resolves when it is lost, or closed. */
  readonly lost: Promise<void>;
  openShell(): Promise<ShellChannel>;
  /** A TCP connection that the host opens, to wherever it can reach. @throws Unforwarded. */
  forward(address: string, port: number): Promise<Duplex>;
  /** Whether the host answers at all, now. Waits for it as long as the connection lasts. */
  answers(): Promise<boolean>;
  /** Copies a file of this machine. @param onBytes told how many have been copied. */
  putFile(from: string, to: string, onBytes?: (bytes: number) => void): Promise<void>;
  close(): void;
}

/** The reason of RFC 4254 with which a server says that it may not. */
const PROHIBITED = 1;

function refusalOf(error: unknown): string {
  const isProhibited = error instanceof Error && 'reason' in error && error.reason === PROHIBITED;
  return isProhibited ? 'its sshd has prohibited it' : messageOf(error);
}

/** SFTP has no word of its own for a full disk, among other things. */
function sftpReason(error: unknown): string {
  const said = messageOf(error);
  return said === 'Failure' ? 'its sshd gives no reason; is the disk full?' : said;
}

/** Why the host opened no connection of its own, in its words. */
export class Unforwarded extends Error {
  override readonly name = 'Unforwarded';
}

export interface ConnectOptions {
  acceptNew: boolean;
  secrets: Secrets;
  /** Until the host has shown its key; 15 s if absent. */
  greetingTimeoutMs?: number;
  clock?: Clock;
}

const GREETING_TIMEOUT_MS = 15_000;
/** A person may have to type a password; OpenSSH gives two minutes for that. */
const LOGIN_TIMEOUT_MS = 150_000;
/** A connection over which nothing comes back for three of these is lost. Shorter than the dead-man's time. */
const KEEP_ALIVE_MS = 2_000;
const KEEP_ALIVES_MAX = 3;
/** On a half-open connection an answer to the opening of a channel never comes. */
const CHANNEL_TIMEOUT_MS = 10_000;

/** Connects, through its jump hosts if it has any. @throws Failure in one sentence, whatever goes wrong. */
export async function connect(target: Target, options: ConnectOptions): Promise<Connection> {
  const way: Connection[] = [];
  try {
    for (const hop of [...target.jumps, target]) {
      const previous = way.at(-1);
      const socket = previous === undefined ? null : await through(previous, hop, way.length, target);
      way.push(await connectDirectly(hop, socket, options));
    }
  } catch (error) {
    for (const hop of way.toReversed()) hop.close();
    throw error;
  }
  const last = way.at(-1)!;
  return {
    ...last,
    close() {
      for (const hop of way.toReversed()) hop.close();
    },
  };
}

async function through(previous: Connection, hop: Target, index: number, target: Target): Promise<Duplex> {
  const gate = target.jumps[index - 1]!;
  try {
    return await previous.forward(hop.host, hop.port);
  } catch (error) {
    throw new Failure(`${hop.name} cannot be reached through ${gate.name}: ${messageOf(error)}`, {
      hint: `ssh -J ${gate.name} ${hop.name} should work before kept can`,
    });
  }
}

async function connectDirectly(
  target: Target,
  socket: Duplex | null,
  { acceptNew, secrets, greetingTimeoutMs = GREETING_TIMEOUT_MS, clock = realClock() }: ConnectOptions,
): Promise<Connection> {
  const client = new ssh2.Client();
  const hostKeys = hostKeysOf(target, { acceptNew });
  const notes: string[] = [];
  let refused: Failure | null = null;
  let why: string | null = null;
  let files: Promise<SFTPWrapper> | null = null;
  const lost = new Promise<void>((resolve) => {
    client.once('close', () => {
      why ??= 'the connection was closed';
      resolve();
    });
  });
  const greeted = new AbortController();
  const ended = new AbortController();
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('ready', resolve);
      // It stays: an error without a listener would end this process.
      client.on('error', (error) => {
        why ??= messageOf(error);
        reject(refused ?? explained(target, error, notes));
      });
      client.once('close', () =>
        reject(refused ?? explained(target, new Error('it closed the connection'), notes)),
      );
      void clock.sleep(greetingTimeoutMs, greeted.signal).then(() => {
        if (!greeted.signal.aborted) reject(silent(target, greetingTimeoutMs));
      });
      void clock.sleep(LOGIN_TIMEOUT_MS, ended.signal).then(() => {
        if (!ended.signal.aborted) reject(silent(target, LOGIN_TIMEOUT_MS));
      });
      client.connect({
        ...(socket === null ? { host: target.host, port: target.port } : { sock: socket }),
        username: target.user,
        readyTimeout: 0,
        keepaliveInterval: KEEP_ALIVE_MS,
        keepaliveCountMax: KEEP_ALIVES_MAX,
        algorithms: hostKeys.algorithms === null ? {} : { serverHostKey: hostKeys.algorithms as [] },
        hostVerifier: (key: Buffer) => {
          greeted.abort();
          refused = attempt(() => hostKeys.verify(key));
          return refused === null;
        },
        authHandler: authenticator(target, secrets, notes),
      });
    });
  } catch (error) {
    client.destroy();
    throw error;
  } finally {
    greeted.abort();
    ended.abort();
  }

  /** Asks for something. ssh2 throws at once where the stream has ended, and says only later that the connection has. */
  function ask(question: () => void): void {
    try {
      question();
    } catch (error) {
      why ??= messageOf(error);
      client.destroy();
      throw error;
    }
  }

  /** Opens something on the connection, which is given up if no answer comes. */
  async function opened<T>(open: (done: (error: Error | undefined, it: T) => void) => void): Promise<T> {
    if (why !== null) throw new Error(why);
    const timer = new AbortController();
    try {
      return await Promise.race([
        new Promise<T>((resolve, reject) =>
          ask(() => open((error, it) => (error ? reject(error) : resolve(it)))),
        ),
        lost.then(() => Promise.reject(new Error(why ?? 'the connection was lost'))),
        clock.sleep(CHANNEL_TIMEOUT_MS, timer.signal).then(() => {
          if (timer.signal.aborted) return new Promise<never>(() => undefined);
          why ??= `it did not answer within ${CHANNEL_TIMEOUT_MS / 1_000} s`;
          client.destroy();
          throw new Error(why);
        }),
      ]);
    } finally {
      timer.abort();
    }
  }

  const lostWhile = (what: string) =>
    new Failure(`The connection to ${target.name} was lost while ${what}: ${why ?? 'it ended'}`);

  return {
    lost,
    lostBecause: () => why,
    async openShell() {
      const channel = await opened<ClientChannel>((done) => client.exec('/bin/sh', done)).catch(
        (error: unknown) => {
          if (why !== null) throw lostWhile('a shell was opened');
          throw new Failure(`${target.name} opens no shell: ${refusalOf(error)}`, {
            hint: 'its sshd_config may allow fewer than ten sessions a connection (MaxSessions), or force a command',
          });
        },
      );
      return shellOf(channel);
    },
    async forward(address, port) {
      if (why !== null) throw new Error(why);
      return new Promise((resolve, reject) => {
        void lost.then(() => reject(new Error(why ?? 'the connection was lost')));
        ask(() =>
          client.forwardOut('127.0.0.1', 0, address, port, (error, stream) =>
            error ? reject(new Unforwarded(refusalOf(error))) : resolve(stream),
          ),
        );
      });
    },
    async answers() {
      if (why !== null) return false;
      return Promise.race([
        // A port that no connection can be made to: to be refused is an answer, too.
        new Promise<boolean>((resolve) =>
          ask(() => client.forwardOut('127.0.0.1', 0, '127.0.0.1', 0, () => resolve(true))),
        ).catch(() => false),
        lost.then(() => false),
      ]);
    },
    async putFile(from, to, onBytes) {
      files ??= opened<SFTPWrapper>((done) => client.sftp(done));
      const sftp = await files.catch((error: unknown) => {
        files = null;
        if (why !== null) throw lostWhile(`${from} was copied`);
        throw new Failure(
          `No files can be copied to ${target.name}: its sshd refuses SFTP (${messageOf(error)})`,
          {
            hint: 'its sshd_config needs the line "Subsystem sftp internal-sftp"',
          },
        );
      });
      await Promise.race([
        new Promise<void>((resolve, reject) => {
          sftp.fastPut(from, to, { step: (total) => onBytes?.(total) }, (error) => {
            if (!error) resolve();
            else if (why !== null) reject(lostWhile(`${from} was copied`));
            else reject(new Failure(`${to} on ${target.name} cannot be written: ${sftpReason(error)}`));
          });
        }),
        lost.then(() => Promise.reject(lostWhile(`${from} was copied`))),
      ]);
    },
    close() {
      why ??= 'it was closed';
      client.end();
      client.destroy();
    },
  };
}

function attempt(verify: () => Failure | null): Failure | null {
  try {
    return verify();
  } catch (error) {
    return error instanceof Failure ? error : new Failure(messageOf(error));
  }
}

function shellOf(channel: ClientChannel): ShellChannel {
  return {
    stdin: channel.stdin,
    stdout: channel.stdout,
    stderr: channel.stderr,
    close: () => channel.close(),
  };
}

type Answer = (method: AnyAuthMethod | false) => void;

/** Asks first what the server takes, then goes one way after the other. */
function authenticator(target: Target, secrets: Secrets, notes: string[]) {
  let left: readonly string[] | null = null;
  const ways = waysOf(target, {
    secrets,
    readKey,
    allows: (method) =>
      left === null ||
      left.includes(method) ||
      (method === 'password' && left.includes('keyboard-interactive')),
    note: (text) => notes.push(text),
  });
  let asked = false;
  return (methods: readonly string[] | null, _partly: boolean | null, answer: unknown) => {
    const next = answer as Answer;
    if (methods !== null) left = methods;
    if (!asked) {
      asked = true;
      next({ type: 'none', username: target.user });
      return;
    }
    ways.next().then(
      ({ value, done }) => next(done === true ? false : methodOf(value, target.user, left)),
      (error: unknown) => {
        notes.push(messageOf(error));
        next(false);
      },
    );
  };
}

function methodOf(way: Way, username: string, left: readonly string[] | null): AnyAuthMethod {
  switch (way.kind) {
    case 'agent':
      return {
        type: 'agent',
        username,
        agent: way.only === null ? way.socket : new SelectiveAgent(way.socket, way.only),
      } satisfies AgentAuthMethod;
    case 'key':
      return {
        type: 'publickey',
        username,
        key: way.text,
        ...(way.passphrase !== null && { passphrase: way.passphrase }),
      };
    case 'password':
      if (left === null || left.includes('password'))
        return { type: 'password', username, password: way.password };
      return {
        type: 'keyboard-interactive',
        username,
        prompt: (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => way.password)),
      };
  }
}

/** An agent that shows only some of its keys (`IdentitiesOnly yes`). */
class SelectiveAgent extends ssh2.OpenSSHAgent {
  readonly #only: readonly Buffer[];

  constructor(socket: string, only: readonly Buffer[]) {
    super(socket);
    this.#only = only;
  }

  override getIdentities(done: IdentityCallback<ParsedKey>): void {
    super.getIdentities((error, keys) =>
      done(
        error,
        keys?.filter(
          (key) => 'getPublicSSH' in key && this.#only.some((wanted) => wanted.equals(key.getPublicSSH())),
        ),
      ),
    );
  }
}

const readKey: KeyReader = (text, passphrase) => {
  const parsed = ssh2.utils.parseKey(text, passphrase ?? undefined);
  if (!(parsed instanceof Error)) return 'readable';
  return /encrypted|passphrase|decrypt|integrity/i.test(parsed.message) ? 'encrypted' : null;
};
