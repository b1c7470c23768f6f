/**
 * The libraries that kept can put under audit, in the order in which help texts name them. `kept` is its own driver, which
 * sends raw requests; `command` is any program that speaks the protocol of docs/clients.md.
 */
export const CLIENT_LIBRARIES = ['kept', 'kafkajs', 'platformatic', 'librdkafka', 'java', 'command'] as const;
export type ClientLibrary = (typeof CLIENT_LIBRARIES)[number];

/**
 * How a library is used:
 * - `audit`: one request, one verdict. Only kept's own driver can do this, since it sees the broker's answer to each request.
 * - `application`: as a program would use it, with its own retries, batches and producer ids. What it says of a write is
 *   a mixture of several requests, so a failure proves nothing.
 */
export type ClientMode = 'audit' | 'application';

/** The client library that wrote. It is under test together with the brokers. */
export interface ClientInfo {
  /** The name that its package has, `model` for the clients of the simulated world, or what a program calls itself. */
  library: string;
  /** The library's version, as it tells it; null where it does not. */
  version: string | null;
  mode: ClientMode;
}

/** `kafkajs 2.2.4`: what a finding calls the library that it blames. */
export function nameOfClient({ library, version }: ClientInfo): string {
  return version === null ? library : `${library} ${version}`;
}
