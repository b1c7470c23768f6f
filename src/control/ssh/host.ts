import { EXIT, Failure } from '../../core/failure.ts';

/** A host as a person names it: `user@host:port`, or an alias of ~/.ssh/config. */
export interface NamedHost {
  /** What was written. */
  given: string;
  user: string | null;
  host: string;
  port: number | null;
}

const HOST = /^(?:([^@\s:]+)@)?(?:\[([^\]\s@]+)\]|([^@\s:[\]]+))(?::(\d{1,5}))?$/;

/** @throws Failure (usage) that shows what is expected. */
export function parseHost(given: string): NamedHost {
  const [, user, bracketed, plain, port] = HOST.exec(given) ?? [];
  const host = bracketed ?? plain;
  const isPort = port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
  // A dash in front would be an option for any program that gets the name.
  if (host === undefined || !isPort || host.startsWith('-') || user?.startsWith('-') === true)
    throw new Failure(`"${given}" does not name a host`, {
      hint: 'write user@host, user@host:2222, [2001:db8::1]:22, or an alias of ~/.ssh/config',
      exitStatus: EXIT.usage,
    });
  return { given, user: user ?? null, host, port: port === undefined ? null : Number(port) };
}

/** @throws Failure (usage) for one that names no host, and for one that stands there twice. */
export function parseHosts(list: readonly string[]): NamedHost[] {
  const hosts = list.map((given) => parseHost(given.trim()));
  const twice = hosts.find(({ given }, index) => hosts.findIndex((other) => other.given === given) < index);
  if (twice === undefined) return hosts;
  throw new Failure(`The node ${twice.given} is named twice`, {
    hint: 'each node needs a host of its own',
    exitStatus: EXIT.usage,
  });
}
