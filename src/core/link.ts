/** A directed connection between two nodes by name; `client` is the place that the workers write from. */
export interface Link {
  from: string;
  to: string;
}

/** The name of the place that the workers write from. */
export const CLIENT = 'client';

/** A link in a map, each direction by itself. */
export function keyOf({ from, to }: Link): string {
  return `${from}>${to}`;
}
