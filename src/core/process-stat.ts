/** What a line of /proc/PID/stat says of a process, as much as tells it from others and whether it runs. */
export interface ProcessStat {
  /** The kernel's one letter: `S`, `R`, `T` for stopped, `Z` for one that has ended. */
  state: string;
  /** In clock ticks since the machine was booted, as it stands there. */
  startedTicks: string;
  /** What it has used of the processors since then, in clock ticks; NaN where that does not stand there. */
  usedTicks: number;
}

/** Null where the line is none, as of a process that is gone. */
export function parseProcessStat(line: string): ProcessStat | null {
  // The name in parentheses may hold anything, even parentheses; the other fields follow the last one.
  const fields = line
    .slice(line.lastIndexOf(')') + 2)
    .trim()
    .split(' ');
  const [state, startedTicks] = [fields[0], fields[19]];
  if (state === undefined || startedTicks === undefined) return null;
  return { state, startedTicks, usedTicks: Number(fields[11]) + Number(fields[12]) };
}
