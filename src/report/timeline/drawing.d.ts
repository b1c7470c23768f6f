/** An element of a picture: plain data, so that another thread can be asked to draw it. */
export interface Element {
  /** The number of the element that it is in; -1 for the root. */
  parent: number;
  name: string;
  attributes: Record<string, string | number>;
  text: string | null;
}

/** The picture as XML. */
export function draw(elements: readonly Element[]): string;
