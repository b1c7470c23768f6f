import type { Lab } from '../control/lab.ts';
import { createRequestProxy } from '../control/proxy/request-proxy.ts';
import type { Clock } from '../core/clock.ts';
import { OUTSIDE_PORT } from '../db/kafka/config.ts';
import { planNodes } from '../db/kafka/plan.ts';
import type { KafkaMode } from '../db/kafka/recipes.ts';
import type { Scenario } from '../scenario/schema.ts';

/** Clients live in this process or beside it, so no other machine needs to reach the proxy. */
const HOST = '127.0.0.1';

/**
 * The lab with a proxy before its brokers, if the scenario strikes single requests or wants them noted; else the lab as it is. Brokers advertise
 * the proxy's places to clients from their start, so it is there for the whole run. Among themselves brokers go straight.
 * @throws Failure where the proxy cannot listen
 */
export async function behindProxy<L extends Lab>(
  lab: L,
  { scenario, mode, clock }: { scenario: Scenario; mode: KafkaMode; clock: Clock },
): Promise<L> {
  if (!strikesRequests(scenario) && !scenario.requestLog) return lab;
  const brokers = planNodes(mode, scenario.brokers).filter(({ roles }) => roles.includes('broker'));
  const proxy = await createRequestProxy({
    host: HOST,
    brokers: new Map(
      brokers.map(({ name }) => [
        name,
        lab.outside?.get(name) ?? { host: lab.nodes.get(name)!.address, port: OUTSIDE_PORT },
      ]),
    ),
    clock,
  });
  return {
    ...lab,
    outside: proxy.places,
    proxy,
    async close() {
      await proxy.close();
      await lab.close();
    },
  };
}

/** Whether some fault of the scenario strikes single requests. */
export function strikesRequests({ nemesis }: Pick<Scenario, 'nemesis'>): boolean {
  return 'script' in nemesis && nemesis.script.some(({ fault }) => fault.kind === 'requests');
}
