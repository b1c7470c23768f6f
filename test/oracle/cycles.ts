/**
 * The cycles of a graph by the definition: which node reaches which is found by trying every way over every node (Warshall),
 * and nodes that reach each other belong together. Shares no code with the checker.
 */
export function cyclesByReach(edges: readonly (readonly number[])[]): number[][] {
  const nodes = [...edges.keys()];
  const reaches = nodes.map((from) => nodes.map((to) => edges[from]!.includes(to)));
  for (const over of nodes)
    for (const from of nodes)
      for (const to of nodes) reaches[from]![to] ||= reaches[from]![over]! && reaches[over]![to]!;
  const groups = nodes
    .filter((node) => reaches[node]![node])
    .map((node) => nodes.filter((other) => reaches[node]![other]! && reaches[other]![node]!));
  return groups.filter(([first], at) => groups.findIndex(([other]) => other === first) === at);
}
