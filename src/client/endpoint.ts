import type { Secret } from '../core/secret.ts';

/** How a cluster is reached. Secrets in it are `Secret`s, so that nothing that records it gives them away. */
export interface Endpoint extends Security {
  /** `host:port`, in the same order for everybody who uses it. */
  brokers: readonly string[];
}

/** How each connection to a broker is protected. Without TLS and SASL it is a plain one. */
export interface Security {
  tls?: Tls;
  sasl?: Sasl;
}

export interface Tls {
  /** Certificates of the authorities that are trusted, as PEM; those that Node.js knows if absent. */
  ca?: string;
  /** The client's own certificates, as PEM, where the brokers ask for one. */
  cert?: string;
  /** The key that belongs to them, as PEM. */
  key?: Secret;
  /** The client's key and certificates as a PKCS#12 archive in base64, instead of `cert` and `key`. */
  archive?: Secret;
  keyPassphrase?: Secret;
  /** Whether the broker's certificate must name the host that was connected to. */
  verifyHost: boolean;
}

export type Sasl =
  | { mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'; username: string; password: Secret }
  | { mechanism: 'OAUTHBEARER'; token: Secret };

/** The same endpoint, its list beginning at the nth broker: so that no two neighbours believe the same broker first. */
export function rotatedEndpoint(endpoint: Endpoint, n: number): Endpoint {
  const { brokers } = endpoint;
  const first = brokers.length === 0 ? 0 : n % brokers.length;
  return { ...endpoint, brokers: [...brokers.slice(first), ...brokers.slice(0, first)] };
}

/** Everything in it that must not be written anywhere. */
export function secretsOf({ tls, sasl }: Security): Secret[] {
  const own = sasl === undefined ? [] : [sasl.mechanism === 'OAUTHBEARER' ? sasl.token : sasl.password];
  return [...own, ...[tls?.key, tls?.archive, tls?.keyPassphrase].filter((secret) => secret !== undefined)];
}

/** `host:port` in its parts; the host of an IPv6 address stands in brackets. */
export function splitAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replaceAll(/[[\]]/g, ''), port: Number(address.slice(colon + 1)) };
}

export function joinAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
