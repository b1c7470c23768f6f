import { readFileSync } from 'node:fs';
import { InvalidArgumentError, type Command } from 'commander';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import { Secret } from '../../core/secret.ts';
import type { Endpoint, Sasl, Tls } from '../../client/endpoint.ts';
import { VARIABLES } from '../../client/settings/variables.ts';
import { askSecret } from '../terminal/ask-secret.ts';
import { parseDurationMs, parseList } from './parse.ts';

/** How to reach a cluster that somebody else runs, and what the run may use of it. */
export interface ConnectionOptions {
  bootstrapServer?: string[];
  commandConfig?: string;
  tls?: true;
  tlsCa?: string;
  tlsCert?: string;
  tlsKey?: string;
  sasl?: SaslMechanism;
  saslUsername?: string;
  topic?: string;
  from?: 'end';
  keepTopic?: true;
  faultHook?: string;
  faultHookTimeout?: number;
}

type SaslMechanism = Sasl['mechanism'];
const MECHANISMS: readonly SaslMechanism[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'];

export function addConnectionOptions(command: Command): Command {
  return command
    .optionsGroup('A cluster that is there already:')
    .option('--bootstrap-server <host:port,…>', 'write to this cluster instead of starting one', parseBrokers)
    .option('--command-config <file>', "how to connect, in a properties file as Kafka's own tools take it")
    .option('--tls', 'connect with TLS, and trust the authorities that Node.js knows')
    .option('--tls-ca <file>', 'connect with TLS, and trust these authorities (PEM)')
    .option('--tls-cert <file>', "this client's certificates (PEM)")
    .option('--tls-key <file>', `their key (PEM; its passphrase: $${VARIABLES.passphrase})`)
    .option('--sasl <mechanism>', MECHANISMS.join(', '), parseMechanism)
    .option(
      '--sasl-username <name>',
      `the user (password: $${VARIABLES.password}; token: $${VARIABLES.token}; or it is asked for)`,
    )
    .option(
      '--topic <name>',
      'use this topic, which must be empty (default: the run makes and deletes its own)',
    )
    .option('--from <end>', 'end: what the topic holds already is none of the run’s business', parseFrom)
    .option('--keep-topic', 'do not delete the topic that the run made')
    .option('--fault-hook <command>', 'strike and heal faults with this command: see docs/given-clusters.md')
    .option(
      '--fault-hook-timeout <time>',
      'how long one call of it may take (default: 60s)',
      parseDurationMs,
    );
}

/** Whether these options are about a cluster that is there already. */
export function namesCluster({ bootstrapServer, commandConfig }: ConnectionOptions): boolean {
  return bootstrapServer !== undefined || commandConfig !== undefined;
}

/** @throws Failure (usage) for options that only have a meaning with such a cluster */
export function assertNoConnectionOptions(options: ConnectionOptions): void {
  const given = Object.entries(OPTION_NAMES).find(
    ([key]) => options[key as keyof ConnectionOptions] !== undefined,
  );
  if (given === undefined) return;
  throw new Failure(`${given[1]} is about a cluster that is there already, and none is named.`, {
    hint: 'Name one with --bootstrap-server host:port, or leave it out.',
    exitStatus: EXIT.usage,
  });
}

/** @throws Failure (usage) for options that only have a meaning where the run starts a cluster of its own */
export function assertNoLabOptions(options: object): void {
  const given = Object.entries(LAB_OPTION_NAMES).find(([key]) => key in options);
  if (given === undefined) return;
  throw new Failure(
    `${given[1]} is about a cluster that the run starts, and one that is there already is named.`,
    {
      hint: 'Leave one of them out.',
      exitStatus: EXIT.usage,
    },
  );
}

const LAB_OPTION_NAMES: Record<string, string> = {
  kafka: '--kafka',
  image: '--image',
  dockerReach: '--docker-reach',
  lab: '--lab',
  mode: '--mode',
  dataDir: '--data-dir',
  nodes: '--nodes',
  simulate: '--simulate',
  brokers: '--brokers',
  detection: '--detection',
};

const OPTION_NAMES: Record<Exclude<keyof ConnectionOptions, 'bootstrapServer' | 'commandConfig'>, string> = {
  tls: '--tls',
  tlsCa: '--tls-ca',
  tlsCert: '--tls-cert',
  tlsKey: '--tls-key',
  sasl: '--sasl',
  saslUsername: '--sasl-username',
  topic: '--topic',
  from: '--from',
  keepTopic: '--keep-topic',
  faultHook: '--fault-hook',
  faultHookTimeout: '--fault-hook-timeout',
};

/**
 * The endpoint that is meant: what the file says, changed by options. Secrets come from files, from the environment, or
 * from the person at the terminal.
 */
export async function resolveEndpoint(
  options: ConnectionOptions,
  { environment, say }: { environment: NodeJS.ProcessEnv; say: (text: string) => void },
): Promise<Endpoint> {
  const { readCommandConfig } = await import('../../client/settings/command-config.ts');
  const file = options.commandConfig === undefined ? null : await readCommandConfig(options.commandConfig);
  if (file !== null && file.ignored.length > 0)
    say(`Of ${options.commandConfig} these settings are not used: ${file.ignored.join(', ')}.\n`);
  const brokers = options.bootstrapServer ?? file?.brokers ?? [];
  if (brokers.length === 0 || !brokers.every(isAddress))
    throw new Failure(`${options.commandConfig} names no brokers that could be asked (bootstrap.servers).`, {
      hint: 'Name them with --bootstrap-server host:port,…',
      exitStatus: EXIT.usage,
    });
  const tls = tlsOf(options, file?.security.tls, environment);
  const sasl = await saslOf(options, file?.security.sasl, environment);
  return { brokers, ...(tls && { tls }), ...(sasl && { sasl }) };
}

function tlsOf(
  options: ConnectionOptions,
  fromFile: Tls | undefined,
  environment: NodeJS.ProcessEnv,
): Tls | undefined {
  const { tls, tlsCa, tlsCert, tlsKey } = options;
  if (tls === undefined && tlsCa === undefined && tlsCert === undefined && tlsKey === undefined)
    return fromFile;
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new Failure('--tls-cert and --tls-key belong together, and one of them is missing.', {
      exitStatus: EXIT.usage,
    });
  const passphrase = environment[VARIABLES.passphrase];
  return {
    verifyHost: true,
    ...fromFile,
    ...(tlsCa !== undefined && { ca: pemIn(tlsCa, 'CERTIFICATE', '--tls-ca') }),
    ...(tlsCert !== undefined && { cert: pemIn(tlsCert, 'CERTIFICATE', '--tls-cert') }),
    ...(tlsKey !== undefined && { key: new Secret(pemIn(tlsKey, 'PRIVATE KEY', '--tls-key')) }),
    ...(passphrase !== undefined && { keyPassphrase: new Secret(passphrase) }),
  };
}

function pemIn(path: string, what: string, option: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'latin1');
  } catch (error) {
    throw new Failure(`The file ${path} of ${option} cannot be read: ${messageOf(error)}.`, {
      exitStatus: EXIT.usage,
    });
  }
  if (text.includes(`${what}-----`)) return text;
  throw new Failure(`The file ${path} of ${option} holds no ${what.toLowerCase()} in PEM ("-----BEGIN …").`, {
    hint: 'A key store of Java or a PKCS#12 file goes into a file for --command-config, as ssl.truststore.location or ssl.keystore.location.',
    exitStatus: EXIT.usage,
  });
}

async function saslOf(
  { sasl: mechanism, saslUsername }: ConnectionOptions,
  fromFile: Sasl | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Sasl | undefined> {
  if (mechanism === undefined) {
    if (saslUsername === undefined) return fromFile;
    throw new Failure('--sasl-username names a user, and no mechanism is named.', {
      hint: `Add --sasl ${MECHANISMS.join('|')}.`,
      exitStatus: EXIT.usage,
    });
  }
  const secret = async (variable: string, what: string) => {
    const value = environment[variable];
    return value === undefined || value === ''
      ? askSecret(what, `Set the environment variable ${variable}, or use --command-config FILE.`)
      : new Secret(value);
  };
  if (mechanism === 'OAUTHBEARER')
    return { mechanism, token: await secret(VARIABLES.token, 'the token for OAUTHBEARER') };
  if (saslUsername === undefined)
    throw new Failure(`${mechanism} needs a user.`, {
      hint: `Add --sasl-username NAME; the password comes from $${VARIABLES.password}, or is asked for.`,
      exitStatus: EXIT.usage,
    });
  const password = await secret(VARIABLES.password, `the password of ${saslUsername}`);
  return { mechanism, username: saslUsername, password };
}

function parseBrokers(text: string): string[] {
  const brokers = parseList(text);
  const wrong = brokers.find((broker) => !isAddress(broker));
  if (wrong === undefined && brokers.length > 0) return brokers;
  const what = wrong === undefined ? '' : `, and "${wrong.includes('@') ? 'USER@…' : wrong}" is none`;
  throw new InvalidArgumentError(`Expected addresses such as kafka1:9092,kafka2:9092${what}.`);
}

function isAddress(text: string): boolean {
  const match = /^(?:[\w.-]+|\[[\da-fA-F:.]+\]):(\d{1,5})$/.exec(text);
  return match !== null && Number(match[1]) >= 1 && Number(match[1]) <= 65_535;
}

function parseMechanism(text: string): SaslMechanism {
  const found = MECHANISMS.find((mechanism) => mechanism === text.toUpperCase());
  if (found !== undefined) return found;
  throw new InvalidArgumentError(`Expected one of ${MECHANISMS.join(', ')}.`);
}

function parseFrom(text: string): 'end' {
  if (text === 'end') return 'end';
  throw new InvalidArgumentError('Expected "end".');
}
