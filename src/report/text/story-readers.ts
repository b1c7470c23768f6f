import { grouped, listed, valueName } from '../../core/words.ts';
import { readAt } from '../../history/columns/columns.ts';
import type { Event, ScanEvent } from '../../history/event.ts';
import type { Run } from '../../history/run.ts';
import type { Finding } from '../../checker/result.ts';

/** Something that happened, and when. */
export interface Step {
  timeNs: number;
  text: string;
}

const READS_MAX = 20;
const VALUES_MAX = 4;

/**
 * What readers were given in this partition of the values that are told, by whom, and where one had to go on elsewhere;
 * and what the final scan did not return.
 * @param told null for all values.
 */
export function readerSteps(
  run: Run,
  partition: number,
  told: ReadonlySet<string> | null,
  findings: readonly Finding[],
): Step[] {
  const scans = new Map<number, ScanEvent>();
  for (const event of run.events) if (event.type === 'scan') scans.set(event.scan, event);
  const nameOf = (scan: number) => `the reader “${scans.get(scan)?.name ?? scan}”`;
  const steps: Step[] = [];
  // Of a large run it is told once for each value.
  const given = new Set<string>();
  for (const batch of run.reads()) {
    for (let row = 0; row < batch.length && steps.length < READS_MAX; row++) {
      if (batch.partition[row] !== partition || scans.get(batch.scan[row]!)?.final === true) continue;
      const { scan, offset, worker, seq, timeNs } = readAt(batch, row);
      if (worker === null || seq === null) continue;
      const value = valueName(worker, seq);
      if (told !== null && (!told.has(value) || given.has(value))) continue;
      given.add(value);
      steps.push({ timeNs, text: `${nameOf(scan)} is given ${value} at offset ${grouped(offset)}` });
    }
  }
  return [
    ...steps,
    ...resetSteps(run.events, partition, nameOf),
    ...finalSteps(run.events, partition, findings),
  ];
}

function resetSteps(events: readonly Event[], partition: number, nameOf: (scan: number) => string): Step[] {
  return events.flatMap((event): Step[] => {
    if (event.type !== 'reset' || event.partition !== partition) return [];
    const { timeNs, scan, from, to, reason } = event;
    const text = `${nameOf(scan)} goes on from offset ${grouped(to)} instead of ${grouped(from)} (${reason})`;
    return [{ timeNs, text }];
  });
}

/** The first final scan: the others only confirm it. */
function finalSteps(events: readonly Event[], partition: number, findings: readonly Finding[]): Step[] {
  const scan = events.find(
    (event): event is ScanEvent => event.type === 'scan' && event.final && event.partition === partition,
  );
  if (scan === undefined) return [];
  const missing = findings
    .filter(({ kind }) => kind.startsWith('lost') || kind === 'sent-missing')
    .flatMap(({ examples }) => examples.map(({ value }) => value));
  const shown = missing.length > VALUES_MAX ? [...missing.slice(0, VALUES_MAX), 'others'] : missing;
  const without = missing.length === 0 ? '' : ` and is not given ${listed(shown)}`;
  const text = `the final scan reads from offset ${grouped(scan.from)} to the end ${grouped(scan.end)}${without}`;
  return [{ timeNs: scan.invokeNs, text }];
}
