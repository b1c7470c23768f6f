import { connect } from 'node:net';
import { realClock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { hasRunOn } from '../control/ssh/earlier-run.ts';
import { DEAD_MAN_SECONDS } from '../control/ssh/lab.ts';
import { probeFrom } from '../control/ssh/node-probe.ts';
import type { RemoteHost } from '../control/ssh/remote-host.ts';

/** Whether the ports that a run needs on hosts behind SSH are free, and reached from everywhere. */
interface Placed {
  hostIndex: number;
  ports: readonly number[];
}

const REACH_TIMEOUT_MS = 5_000;

/** The timer of a run that was killed a moment ago, and a little more. */
const FREE_WITHIN_MS = (DEAD_MAN_SECONDS + 5) * 1_000;
const FREE_LOOK_MS = 500;

/** Waits for what a run that was killed has left on the hosts: its dead-man's timer takes it away. Nothing else is waited for. */
export async function untilFree(
  hosts: readonly RemoteHost[],
  placed: readonly Placed[],
  { parent, say }: { parent: string; say: (line: string) => void },
): Promise<void> {
  const clock = realClock();
  const isTaken = async (host: RemoteHost, ports: readonly number[]) => {
    const answers = await Promise.all(ports.map((port) => knock(host.facts.address, port)));
    return answers.includes('accepted');
  };
  await Promise.all(
    hosts.map(async (host, index) => {
      const ports = placed.filter(({ hostIndex }) => hostIndex === index).flatMap((one) => one.ports);
      for (let waitedMs = 0; waitedMs < FREE_WITHIN_MS; waitedMs += FREE_LOOK_MS) {
        if (!(await isTaken(host, ports)) || !(await hasRunOn(host, parent))) return;
        if (waitedMs === 0)
          say(`${host.name} still has another run of kept. If that was killed, its end is waited for …`);
        await clock.sleep(FREE_LOOK_MS);
      }
    }),
  );
}

/** @throws Failure when this machine, or another host, cannot reach one, or when something listens there already. */
export async function assertReachable(
  hosts: readonly RemoteHost[],
  placed: readonly Placed[],
): Promise<void> {
  const clock = realClock();
  await Promise.all(
    placed.flatMap(({ hostIndex, ports }) =>
      ports.map(async (port) => {
        const { name, facts } = hosts[hostIndex]!;
        const place = `${facts.address}:${port}`;
        const answer = await knock(facts.address, port);
        if (answer === 'accepted')
          throw new Failure(`Something listens on port ${port} of ${name} already (${place})`, {
            hint: 'is it a Kafka or a ZooKeeper, or another run of kept? kept starts its own there, and touches no other',
          });
        if (answer === 'silence')
          throw new Failure(
            `This machine cannot reach port ${port} of ${name} (${place}), and Kafka's clients must`,
            {
              hint: 'a firewall may drop it, or the host has another address on its own side than on this one',
            },
          );
        for (const other of hosts) {
          const to = { address: facts.address, port };
          const options = { timeoutMs: REACH_TIMEOUT_MS, clock };
          const probe = await probeFrom(other, to, options);
          if (probe.answer === 'silence')
            throw new Failure(
              `${other.name} cannot reach port ${port} of ${name} (${place}): ${probe.detail}`,
              {
                hint: 'the nodes of a cluster must reach each other: look at their firewalls',
              },
            );
        }
      }),
    ),
  );
}

/** A refusal comes from the host itself, so it was reached. */
function knock(host: string, port: number): Promise<'accepted' | 'refused' | 'silence'> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: REACH_TIMEOUT_MS });
    const answer = (what: 'accepted' | 'refused' | 'silence') => {
      socket.destroy();
      resolve(what);
    };
    socket.once('connect', () => answer('accepted'));
    socket.once('timeout', () => answer('silence'));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      answer(error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET' ? 'refused' : 'silence'),
    );
  });
}
