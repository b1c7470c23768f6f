/** The part of d3-node that is used here; the package brings no types of its own. */
declare module 'd3-node' {
  export interface Selection {
    append(name: string): Selection;
    attr(name: string, value: string | number): Selection;
    text(value: string): Selection;
    node(): unknown;
  }
  export class D3Node {
    window: { XMLSerializer: new () => { serializeToString(node: unknown): string } };
    createSVG(width: number, height: number, attributes?: Record<string, string | number>): Selection;
  }
}
