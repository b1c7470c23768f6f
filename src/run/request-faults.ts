import { EXIT, Failure } from '../core/failure.ts';
import type { Scenario } from '../scenario/schema.ts';
import { strikesRequests } from '../world/behind-proxy.ts';
import type { LabKind } from '../world/plan.ts';

const WHY_NOT: Partial<Record<LabKind | 'given' | 'simulated', string>> = {
  ssh: 'on hosts behind SSH the clients go straight to the brokers',
  given: 'a cluster that is there already advertises its own addresses, so its clients go there',
  simulated: 'the model has records and answers, and no requests of the protocol',
};

/**
 * Single requests are struck, and noted, in a proxy that the brokers advertise to their clients.
 * @param where the kind of lab; `given` for a cluster that is there already, `simulated` for the model.
 * @throws Failure (usage) where the scenario wants it and it cannot be done.
 */
export function assertRequestFaults(scenario: Scenario, where: LabKind | 'given' | 'simulated'): void {
  if (!strikesRequests(scenario) && !scenario.requestLog) return;
  const what = strikesRequests(scenario)
    ? 'The fault "requests" is done'
    : 'What brokers answer (requestLog) is noted';
  const refuse = (why: string, hint: string): never => {
    throw new Failure(`${what} in a proxy between the clients and the brokers, and ${why}`, {
      hint,
      exitStatus: EXIT.usage,
    });
  };
  const why = WHY_NOT[where];
  if (why !== undefined)
    refuse(why, 'leave it out of the scenario, or use real Kafka with --lab netns, loopback or docker');
  if (scenario.load.hosts !== undefined)
    refuse(
      'hosts of the load reach the brokers on a way of their own',
      'leave --load-hosts out; --processes shares the load among processes that go through the proxy',
    );
}
