import { isIP } from 'node:net';
import { splitAddress, type Endpoint, type Sasl } from '../endpoint.ts';
import { tlsOptions } from '../tls-options.ts';

/** How the library is to connect, in its own words. */
export function securityOf({ brokers, tls, sasl }: Endpoint) {
  const isNamed = brokers.every((address) => isIP(splitAddress(address).host) === 0);
  return {
    ...(tls !== undefined && { tls: tlsOptions(tls), tlsServerName: isNamed }),
    ...(sasl !== undefined && { sasl: saslOptions(sasl) }),
  };
}

function saslOptions(sasl: Sasl) {
  return sasl.mechanism === 'OAUTHBEARER'
    ? { mechanism: sasl.mechanism, token: sasl.token.reveal() }
    : { mechanism: sasl.mechanism, username: sasl.username, password: sasl.password.reveal() };
}
