import { realClock } from '../core/clock.ts';
import { Failure } from '../core/failure.ts';
import { joinAddress } from '../client/endpoint.ts';
import { bringNodeJsTo } from '../control/ssh/bring-node-js.ts';
import { resolveTarget } from '../control/ssh/client-config.ts';
import { parseHosts, type NamedHost } from '../control/ssh/host.ts';
import { assertDistinct } from '../control/ssh/lab.ts';
import { probeFrom } from '../control/ssh/node-probe.ts';
import { openHost, type RemoteHost } from '../control/ssh/remote-host.ts';
import { SECRETS } from '../control/ssh/secrets.ts';
import type { GivenPlan } from '../world/plan.ts';

/** Hosts behind SSH that the workers of a run are to live on, beside a cluster that somebody else runs. */

const REACH_TIMEOUT_MS = 5_000;

/**
 * Connects to each host and looks whether it can do what is wanted: a Node.js, which is brought there if need be, and a way to
 * the brokers.
 * @throws Failure in one sentence for the first that cannot, before anything is done on any of them.
 */
export async function sshLoadHosts(
  names: readonly string[],
  {
    brokers,
    acceptNew,
    say,
  }: { brokers: GivenPlan['brokers']; acceptNew: boolean; say: (line: string) => void },
): Promise<NonNullable<GivenPlan['load']>> {
  const named = parseHosts(names);
  const hosts = await openAll(named, acceptNew);
  try {
    assertDistinct(hosts);
    await assertReachBrokers(hosts, brokers);
    const programs: string[] = [];
    // One after the other: the way from here is what is slow.
    for (const host of hosts) programs.push(await bringNodeJsTo(host, say));
    return {
      acceptNew,
      hosts: named.map(({ given }, index) => ({ name: given, host: given, node: programs[index]! })),
    };
  } finally {
    for (const host of hosts) host.close();
  }
}

/** All of them, at the same time; where one cannot be reached, none. */
export async function openAll(hosts: readonly NamedHost[], acceptNew: boolean): Promise<RemoteHost[]> {
  const opened = await Promise.allSettled(
    hosts.map((host) => openHost(resolveTarget(host, process.env), { acceptNew, secrets: SECRETS })),
  );
  const open = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = opened.find((one) => one.status === 'rejected');
  if (failed === undefined) return open;
  for (const host of open) host.close();
  throw failed.reason;
}

/**
 * A name that only this machine can resolve is no answer here, and no refusal either: the load process says so itself.
 * @throws Failure where a host gets no answer from a broker.
 */
async function assertReachBrokers(
  hosts: readonly RemoteHost[],
  brokers: GivenPlan['brokers'],
): Promise<void> {
  const clock = realClock();
  await Promise.all(
    hosts.flatMap((host) =>
      brokers.map(async ({ name, address, port }) => {
        const probe = await probeFrom(host, { address, port }, { timeoutMs: REACH_TIMEOUT_MS, clock });
        if (probe.answer !== 'silence') return;
        throw new Failure(
          `${host.name} cannot reach ${name} (${joinAddress(address, port)}): ${probe.detail}`,
          {
            hint: 'each host of the load writes to every broker: look at the firewalls between them, or name other hosts with --load-hosts',
          },
        );
      }),
    ),
  );
}
