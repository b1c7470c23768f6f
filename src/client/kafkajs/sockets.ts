import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Sasl, Tls } from '../endpoint.ts';
import { tlsOptions } from '../tls-options.ts';
import type { SaslOptions } from './kafkajs.ts';

/** A socket to a broker, with TLS where the endpoint says so. `onConnect` is called when it can be used. */
export function openSocket(
  { host, port, tls }: { host: string; port: number; tls: Tls | undefined },
  onConnect: () => void,
): Socket {
  if (tls === undefined) return connect({ host, port }, onConnect);
  return connectTls(
    { host, port, ...tlsOptions(tls), ...(isIP(host) === 0 && { servername: host }) },
    onConnect,
  );
}

/** As the library wants it. It writes into this object, so each connection gets one of its own. */
export function saslOptions(sasl: Sasl | undefined): SaslOptions | undefined {
  if (sasl === undefined) return undefined;
  if (sasl.mechanism === 'OAUTHBEARER') {
    const { token } = sasl;
    return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value: token.reveal() }) };
  }
  const { username, password } = sasl;
  const mechanism = LIBRARY_NAMES[sasl.mechanism];
  return { mechanism, username, password: password.reveal() };
}

const LIBRARY_NAMES = {
  PLAIN: 'plain',
  'SCRAM-SHA-256': 'scram-sha-256',
  'SCRAM-SHA-512': 'scram-sha-512',
} as const;
