import type { Broker } from './broker.ts';
import type { Cluster } from './cluster.ts';
import type { Flow } from './network.ts';

/** What came of a question: an answer, a refusal by the kernel of a broker that does not run, or nothing in time. */
export type Answer<T> = { kind: 'answer'; value: T } | { kind: 'refused' } | { kind: 'silent' };

const REFUSED = { kind: 'refused' } as const;
const SILENT = { kind: 'silent' } as const;

/**
 * One question from the clients' place to a broker, over a connection that is made for it if `fresh`: three messages
 * more, and it needs a network that lets connections come about.
 */
export function ask<T>(
  cluster: Cluster,
  broker: Broker,
  options: { timeoutMs: number; fresh: boolean; flow?: Flow },
  work: (respond: (value: T) => void) => void,
): Promise<Answer<T>> {
  const { clock, network, client } = cluster;
  const { process } = broker;
  return new Promise((resolve) => {
    let over = false;
    const settle = (answer: Answer<T>) => {
      if (over) return;
      over = true;
      timeout.callback = null;
      clock.wake();
      resolve(answer);
    };
    const timeout = clock.at(clock.nowNs() + options.timeoutMs * 1e6, () => settle(SILENT));
    const back = (answer: Answer<T>) =>
      network.send(process.place, client, () => settle(answer), options.flow && { lastNs: 0 });
    const question = () => {
      const { life } = process;
      const taken = process.run(() => {
        if (process.life === life) work((value) => back({ kind: 'answer', value }));
      });
      if (!taken) back(REFUSED);
    };
    if (!options.fresh) network.send(client, process.place, question);
    else if (network.connects(client, process.place)) {
      const handshakeNs = network.latencyNs() + network.latencyNs();
      clock.at(clock.nowNs() + handshakeNs, () =>
        network.send(client, process.place, question, options.flow),
      );
    }
  });
}
