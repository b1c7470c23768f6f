/**
 * `--command-config FILE`: how to connect, read as Kafka's own tools read it. What concerns the connection is taken;
 * what else stands there is named, and ignored.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import { Secret } from '../../core/secret.ts';
import type { Sasl, Security, Tls } from '../endpoint.ts';
import { JaasProblem, parseJaas, type LoginModule } from './jaas.ts';
import { parseProperties, PropertiesProblem } from './properties.ts';
import { unsignedToken } from './unsigned-token.ts';
import { keyArchive, readStore, trustedCertificates, type StoreType } from './stores.ts';

export interface CommandConfig {
  /** `bootstrap.servers`; empty if it is not there. */
  brokers: string[];
  security: Security;
  /** Settings that have no meaning here, by name. */
  ignored: string[];
}

/** @throws Failure (usage) that names the file and the setting, and quotes no secret */
export async function readCommandConfig(path: string): Promise<CommandConfig> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new Failure(`The file ${path} of --command-config cannot be read: ${messageOf(error)}.`, {
      exitStatus: EXIT.usage,
    });
  }
  try {
    return await commandConfigOf(new Settings(parseProperties(bytes)));
  } catch (error) {
    if (!(error instanceof Problem || error instanceof PropertiesProblem)) throw error;
    const hint = error instanceof Problem ? error.hint : '';
    throw new Failure(`The file ${path} of --command-config cannot be used: ${error.message}.`, {
      hint,
      exitStatus: EXIT.usage,
    });
  }
}

class Problem extends Error {
  readonly hint: string;

  constructor(message: string, hint = '') {
    super(message);
    this.hint = hint;
  }
}

/** Remembers which settings were asked for. */
class Settings {
  readonly #values: ReadonlyMap<string, string>;
  readonly #used = new Set<string>();

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  get(name: string): string | undefined {
    this.#used.add(name);
    return this.#values.get(name);
  }

  secret(name: string): Secret | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : new Secret(value);
  }

  get unused(): string[] {
    return [...this.#values.keys()].filter((name) => !this.#used.has(name));
  }
}

const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'];

async function commandConfigOf(settings: Settings): Promise<CommandConfig> {
  if (settings.get('config.providers') !== undefined)
    throw new Problem(
      'config.providers is not understood, so what stands for a password would be taken for one',
      'Write the values themselves into a file that only you can read.',
    );
  const protocol = (settings.get('security.protocol') ?? 'PLAINTEXT').trim().toUpperCase();
  if (!PROTOCOLS.includes(protocol))
    throw new Problem(`security.protocol is "${protocol}", and must be one of ${PROTOCOLS.join(', ')}`);
  const tls = protocol.endsWith('SSL') ? await tlsOf(settings) : undefined;
  const sasl = protocol.startsWith('SASL') ? await saslOf(settings) : undefined;
  const brokers = (settings.get('bootstrap.servers') ?? '').split(',').map((broker) => broker.trim());
  return {
    brokers: brokers.filter((broker) => broker !== ''),
    security: { ...(tls && { tls }), ...(sasl && { sasl }) },
    ignored: settings.unused,
  };
}

async function tlsOf(settings: Settings): Promise<Tls> {
  const algorithm = settings.get('ssl.endpoint.identification.algorithm') ?? 'https';
  const tls: Tls = { verifyHost: algorithm.trim() !== '' };
  const trustType = storeType(settings, 'ssl.truststore.type');
  const certificates = settings.get('ssl.truststore.certificates');
  const trustLocation = settings.get('ssl.truststore.location');
  const trustPassword = settings.secret('ssl.truststore.password');
  if (certificates !== undefined) tls.ca = certificates;
  else if (trustLocation !== undefined)
    tls.ca = await trustedCertificates({ type: trustType, location: trustLocation, password: trustPassword });
  return { ...tls, ...(await ownKeysOf(settings)) };
}

async function ownKeysOf(settings: Settings): Promise<Partial<Tls>> {
  const type = storeType(settings, 'ssl.keystore.type');
  const chain = settings.get('ssl.keystore.certificate.chain');
  const key = settings.secret('ssl.keystore.key');
  const location = settings.get('ssl.keystore.location');
  const password = settings.secret('ssl.keystore.password');
  const keyPassword = settings.secret('ssl.key.password');
  if (chain !== undefined || key !== undefined) {
    if (chain === undefined || key === undefined)
      throw new Problem(
        'ssl.keystore.certificate.chain and ssl.keystore.key belong together, and one is missing',
      );
    return { cert: chain, key, ...(keyPassword && { keyPassphrase: keyPassword }) };
  }
  if (location === undefined) return {};
  if (type === 'PEM') {
    const keys = keysIn((await readStore(location, 'key store')).toString('latin1'));
    if (keys === null) throw new Problem(`${location} lacks a private key or a certificate in PEM`);
    return { ...keys, ...(keyPassword && { keyPassphrase: keyPassword }) };
  }
  const archive = await keyArchive({ type, location, password, keyPassword });
  const passphrase = password ?? keyPassword;
  return { archive, ...(passphrase && { keyPassphrase: passphrase }) };
}

/** One file holds both; each is found by its own markers. */
function keysIn(text: string): { cert: string; key: Secret } | null {
  const key = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/.exec(text);
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  if (key === null || certificates === null) return null;
  return { cert: certificates.join('\n'), key: new Secret(key[0]) };
}

function storeType(settings: Settings, name: string): StoreType {
  const type = (settings.get(name) ?? 'JKS').trim().toUpperCase();
  if (type === 'JKS' || type === 'PKCS12' || type === 'PEM') return type;
  throw new Problem(`${name} is "${type}", and must be JKS, PKCS12 or PEM`);
}

const MODULES = {
  plain: 'org.apache.kafka.common.security.plain.PlainLoginModule',
  scram: 'org.apache.kafka.common.security.scram.ScramLoginModule',
  oauth: 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule',
};

async function saslOf(settings: Settings): Promise<Sasl> {
  const mechanism = (settings.get('sasl.mechanism') ?? 'GSSAPI').trim().toUpperCase();
  const text = settings.get('sasl.jaas.config');
  if (mechanism === 'OAUTHBEARER') return { mechanism, token: await tokenOf(settings, text) };
  if (mechanism !== 'PLAIN' && mechanism !== 'SCRAM-SHA-256' && mechanism !== 'SCRAM-SHA-512')
    throw new Problem(
      `sasl.mechanism is ${mechanism}, which kept does not speak`,
      'PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER are possible.',
    );
  if (text === undefined)
    throw new Problem(
      `sasl.jaas.config is missing, with the user and the password for ${mechanism}`,
      'Kafka would look into java.security.auth.login.config; kept does not.',
    );
  const expected = mechanism === 'PLAIN' ? MODULES.plain : MODULES.scram;
  const { options } = moduleIn(text, expected, mechanism);
  const username = options.get('username');
  const password = options.get('password');
  if (username === undefined || password === undefined)
    throw new Problem('sasl.jaas.config lacks username="…" or password="…"');
  return { mechanism, username, password: new Secret(password) };
}

function moduleIn(text: string, expected: string, mechanism: string): LoginModule {
  let found: LoginModule;
  try {
    found = parseJaas(text);
  } catch (error) {
    if (!(error instanceof JaasProblem)) throw error;
    throw new Problem(
      `sasl.jaas.config is not understood: ${error.message}`,
      `Expected: ${expected} required username="…" password="…";`,
    );
  }
  if (found.module === expected) return found;
  throw new Problem(
    `sasl.jaas.config names ${found.module.split('.').at(-1)!}, and ${mechanism} needs ${expected}`,
  );
}

/**
 * A token is never fetched. It is one that stands in a file (`sasl.oauthbearer.token.endpoint.url=file:…`), or one without a
 * signature, made from the claims that the login module names, which only a test cluster accepts.
 */
async function tokenOf(settings: Settings, text: string | undefined): Promise<Secret> {
  const url = settings.get('sasl.oauthbearer.token.endpoint.url');
  if (url !== undefined) {
    if (!url.startsWith('file:'))
      throw new Problem(
        'kept fetches no token from sasl.oauthbearer.token.endpoint.url',
        'Fetch one yourself, and give it in the environment variable KEPT_SASL_TOKEN with --sasl OAUTHBEARER.',
      );
    return new Secret((await readStore(fileURLToPath(url), 'token file')).toString('utf8').trim());
  }
  const subject =
    text === undefined
      ? undefined
      : moduleIn(text, MODULES.oauth, 'OAUTHBEARER').options.get('unsecuredLoginStringClaim_sub');
  if (subject === undefined)
    throw new Problem(
      'there is no token for OAUTHBEARER in it',
      'Give one in the environment variable KEPT_SASL_TOKEN with --sasl OAUTHBEARER.',
    );
  return unsignedToken(subject);
}
