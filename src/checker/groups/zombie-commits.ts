/**
 * A coordinator takes commits of the present generation only. So once a commit of one generation was answered, none that is begun
 * afterwards in an older one may be. One pass over the commits; test/oracle/group.ts tries every pair.
 */
export interface GenerationCommit {
  generation: number;
  invokeNs: number;
  doneNs: number;
}

/**
 * @param commits that were answered without an error, each with the generation that it was sent with
 * @returns those of a generation that was over, each with a commit of a later one that had been answered
 */
export function zombieCommits<C extends GenerationCommit>(commits: readonly C[]): { commit: C; later: C }[] {
  const byEnd = commits.toSorted((one, other) => one.doneNs - other.doneNs);
  const zombies: { commit: C; later: C }[] = [];
  let over = 0;
  let highest: C | null = null;
  for (const commit of commits.toSorted((one, other) => one.invokeNs - other.invokeNs)) {
    for (; over < byEnd.length && byEnd[over]!.doneNs < commit.invokeNs; over++)
      if (highest === null || byEnd[over]!.generation > highest.generation) highest = byEnd[over]!;
    if (highest !== null && highest.generation > commit.generation) zombies.push({ commit, later: highest });
  }
  return zombies;
}
