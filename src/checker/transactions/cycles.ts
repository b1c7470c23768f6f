/**
 * The cycles of a directed graph: its strongly connected components in which a way leads back to where it began, so those of
 * more than one node, and those of one that has an edge to itself. Tarjan's algorithm (R. Tarjan, Depth-first search and linear
 * graph algorithms, SIAM Journal on Computing 1(2), 1972), without recursion: a history may chain many transactions.
 *
 * @param edges by node: where its edges lead.
 * @returns nodes of each component, ascending.
 */
export function cyclesOf(edges: readonly (readonly number[])[]): number[][] {
  const count = edges.length;
  /** 1 + the order in which nodes were met; 0: not yet. */
  const met = new Uint32Array(count);
  const lowest = new Uint32Array(count);
  const isOnStack = new Uint8Array(count);
  const stack: number[] = [];
  const cycles: number[][] = [];
  let last = 0;
  for (let root = 0; root < count; root++) {
    if (met[root] !== 0) continue;
    const path = [{ node: root, next: 0 }];
    while (path.length > 0) {
      const step = path.at(-1)!;
      const { node } = step;
      if (step.next === 0 && met[node] === 0) {
        met[node] = lowest[node] = ++last;
        stack.push(node);
        isOnStack[node] = 1;
      }
      const to = edges[node]![step.next++];
      if (to !== undefined) {
        if (met[to] === 0) path.push({ node: to, next: 0 });
        else if (isOnStack[to] === 1) lowest[node] = Math.min(lowest[node]!, met[to]!);
        continue;
      }
      path.pop();
      const parent = path.at(-1)?.node;
      if (parent !== undefined) lowest[parent] = Math.min(lowest[parent]!, lowest[node]!);
      if (lowest[node] !== met[node]) continue;
      const component = stack.splice(stack.lastIndexOf(node));
      for (const each of component) isOnStack[each] = 0;
      if (component.length > 1 || edges[node]!.includes(node))
        cycles.push(component.toSorted((a, b) => a - b));
    }
  }
  return cycles;
}
