import type { NodeInfo } from '../../history/run.ts';
import type { KafkaMode } from './recipes.ts';

/** A node before the lab has given it an address. */
export type PlannedNode = Omit<NodeInfo, 'address'>;

/** Separate controllers are numbered from here, clear of every broker's id. */
const FIRST_CONTROLLER_ID = 101;

/**
 * The nodes of a cluster: `kafka1` to `kafkaN` with ids 1 to N, and what coordinates them.
 * @param controllers how many separate controllers; only `kraft-separate` has any.
 */
export function planNodes(mode: KafkaMode, brokers: number, controllers = 1): PlannedNode[] {
  const roles: PlannedNode['roles'] = mode === 'kraft-combined' ? ['broker', 'controller'] : ['broker'];
  const planned = countTo(brokers).map((number): PlannedNode => ({
    name: `kafka${number}`,
    id: number,
    roles,
  }));
  if (mode === 'zookeeper') return [{ name: 'zookeeper', id: null, roles: ['zookeeper'] }, ...planned];
  if (mode === 'kraft-combined') return planned;
  return [
    ...countTo(controllers).map((number): PlannedNode => ({
      name: `controller${number}`,
      id: FIRST_CONTROLLER_ID + number - 1,
      roles: ['controller'],
    })),
    ...planned,
  ];
}

function countTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
