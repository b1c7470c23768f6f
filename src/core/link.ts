/** A directed connection between two nodes by name; `client` is the place that the workers write from. */
export interface Link {
  from: string;
  to: string;
}

/** The name of the place that the workers write from. */
export const CLIENT = 'client';

/** Further hosts that workers write from, where the load has hosts of its own: `client1`, `client2`, … */
export function clientHosts(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${CLIENT}${index + 1}`);
}

/** Whether the name is that of a place of workers, and of no node. */
export function isClientPlace(name: string): boolean {
  return name === CLIENT || /^client[1-9]\d*$/.test(name);
}

/** A link in a map, each direction by itself. */
export function keyOf({ from, to }: Link): string {
  return `${from}>${to}`;
}
