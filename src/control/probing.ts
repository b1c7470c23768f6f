import type { Net } from './net.ts';
import { createProber, type Prober, type ProberOptions } from './prober.ts';

/** A port that nothing listens on: being refused proves that packets went there and back. */
const PROBE_PORT = 9;

/** The places of a lab by name, and probes from each to each. */
export interface Probing {
  /** @throws RangeError for a name that is none of the lab. */
  addressOf: (name: string) => string;
  probe: Net['probe'];
}

/**
 * @param addresses of all nodes by name, the client's place among them.
 * @param startAt how the prober of a place is started: with its first question, and never stopped. It ends with the lab.
 */
export function probing(
  addresses: ReadonlyMap<string, string>,
  startAt: (name: string) => ProberOptions['start'],
): Probing {
  const probers = new Map<string, Prober>();

  function addressOf(name: string): string {
    const address = addresses.get(name);
    if (address === undefined) throw new RangeError(`there is no node "${name}" in this lab`);
    return address;
  }

  function proberOf(name: string): Prober {
    let prober = probers.get(name);
    if (prober === undefined) {
      addressOf(name);
      prober = createProber({ start: startAt(name) });
      probers.set(name, prober);
    }
    return prober;
  }

  return {
    addressOf,
    probe: ({ from, to }, timeoutMs) => proberOf(from).probe(addressOf(to), PROBE_PORT, timeoutMs),
  };
}
