import { isCounted, type RunFigures } from './run-figures.ts';

/** A row for each run, for a spreadsheet or a statistics program. */
const COLUMNS: { name: string; of: (run: RunFigures) => string | number | null }[] = [
  { name: 'run', of: ({ directory }) => directory },
  { name: 'scenario', of: ({ settings }) => settings['scenario'] ?? '' },
  { name: 'world', of: ({ settings }) => settings['world'] ?? '' },
  { name: 'kafka', of: ({ settings }) => settings['Kafka'] ?? '' },
  { name: 'mode', of: ({ settings }) => settings['mode'] ?? '' },
  { name: 'acks', of: ({ settings }) => settings['acks'] ?? '' },
  { name: 'seed', of: ({ seed }) => seed },
  { name: 'status', of: ({ status }) => status },
  { name: 'verdict', of: ({ verdict }) => verdict },
  { name: 'counted', of: (run) => (isCounted(run) ? 1 : 0) },
  { name: 'attempted', of: ({ attempted }) => attempted },
  { name: 'acknowledged', of: ({ acknowledged }) => acknowledged },
  { name: 'failed', of: ({ failed }) => failed },
  { name: 'unknown', of: ({ unknown }) => unknown },
  { name: 'lost', of: ({ lost }) => lost },
  { name: 'longest_gap_ms', of: ({ longestGapNs }) => (longestGapNs === null ? null : longestGapNs / 1e6) },
  { name: 'latency_p99_ms', of: ({ latencyP99Ms }) => latencyP99Ms },
  { name: 'started_at', of: ({ startedAt }) => startedAt },
  { name: 'seconds', of: ({ seconds }) => seconds },
  {
    name: 'findings',
    of: ({ findings }) =>
      findings
        .map(({ kind, loss, judgement, records }) =>
          [kind, ...(loss === undefined ? [] : [loss]), judgement, records].join(':'),
        )
        .join(' '),
  },
];

/** As RFC 4180 has it. @param extra columns before the others, with the value in each row. */
export function runsCsv(
  runs: readonly { run: RunFigures; extra?: readonly string[] }[],
  extraNames: readonly string[] = [],
): string {
  const head = [...extraNames, ...COLUMNS.map(({ name }) => name)];
  const rows = runs.map(({ run, extra = [] }) => [...extra, ...COLUMNS.map(({ of }) => of(run))]);
  return [head, ...rows].map((row) => `${row.map((value) => cell(value)).join(',')}\r\n`).join('');
}

/** A text that a spreadsheet would take for a formula is kept from it. */
function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
