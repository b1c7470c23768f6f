/**
 * Writes docs/what-transactions-keep.md from runs on real Kafka: each client library, on each version, in each scenario in
 * which single requests come late, and each library's consumer in the histories of the suite "read-committed".
 *
 *     node --import=tsx bench/what-transactions-keep.ts [TRIES [JOBS]]
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Result } from '../src/checker/result.ts';
import { judgementInWords, seenInWords } from '../src/cli/promises-table.ts';
import { nameOfClient } from '../src/history/client-info.ts';
import { markdownLines } from '../src/report/repeats/tables.ts';
import { SUITES } from '../src/scenario/catalog/catalog.ts';

const [tries = 1, jobs = 3] = process.argv.slice(2).map(Number);
const KEPT = resolve(import.meta.dirname, '../bin/kept.js');
const PAGE = resolve(import.meta.dirname, '../docs/what-transactions-keep.md');
const KAFKAS = ['3.5.1', '3.9.1', '4.4.0'];
const LATE = ['txn-late-commit', 'txn-late-abort', 'txn-late-produce', 'txn-hang'];
const READERS = ['java@4.4.0', 'java@3.9.1', 'librdkafka', 'kafkajs', 'platformatic'];
/** Each with the options that ask for it, and the Kafka versions that it can be asked of. */
const CLIENTS: [name: string, words: string[], on?: (kafka: string) => boolean][] = [
  ['kept, version 1', ['--transaction-version', '1']],
  ['kept, version 2', ['--transaction-version', '2'], (kafka) => Number.parseInt(kafka, 10) >= 4],
  ['java 3.9.1', ['--client', 'java@3.9.1']],
  ['java 4.4.0', ['--client', 'java@4.4.0']],
  ['librdkafka', ['--client', 'librdkafka']],
  ['kafkajs', ['--client', 'kafkajs']],
  ['platformatic', ['--client', 'platformatic']],
];

interface Cell {
  row: string;
  kafka: string;
  scenario: string;
  words: string[];
  results: (Result | null)[];
}

const late: Cell[] = KAFKAS.flatMap((kafka) =>
  CLIENTS.filter(([, , on]) => on?.(kafka) ?? true).flatMap(([row, words]) =>
    LATE.map((scenario) => ({ row, kafka, scenario, words: [...words, '--kafka', kafka], results: [] })),
  ),
);
const reading: Cell[] = READERS.flatMap((reader) =>
  SUITES['read-committed']!.map(({ scenario: { name } }) => ({
    row: reader.replace('@', ' '),
    kafka: '4.4.0',
    scenario: name,
    words: ['--consumer', reader, '--kafka', '4.4.0'],
    results: [],
  })),
);

const queue = [...late, ...reading].flatMap((cell) => Array.from({ length: tries }, () => cell));
const all = queue.length;
await Promise.all(Array.from({ length: jobs }, work));
writeFileSync(PAGE, page());

async function work(): Promise<void> {
  for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) {
    const result = await resultOf(cell);
    cell.results.push(result);
    const { row, kafka, scenario } = cell;
    process.stderr.write(
      `${all - queue.length}/${all} ${row} on ${kafka}, ${scenario}: ${cellOf([result])}\n`,
    );
  }
}

/** Null where the run came to no verdict. */
async function resultOf({ scenario, words }: Cell): Promise<Result | null> {
  const store = mkdtempSync(join(tmpdir(), 'kept-page-'));
  try {
    // A claim that does not hold is a status of its own.
    await promisify(execFile)(process.execPath, [KEPT, 'run', scenario, ...words, '--store', store]).catch(
      () => null,
    );
    return JSON.parse(readFileSync(join(store, 'run-1', 'results.json'), 'utf8')) as Result;
  } catch {
    return null;
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
}

/** What was seen in how many of the tries: `3 × torn`. */
function cellOf(results: readonly (Result | null)[]): string {
  const counts = new Map<string, number>();
  for (const result of results) {
    const seen = result === null ? 'no result' : told(result);
    counts.set(seen, (counts.get(seen) ?? 0) + 1);
  }
  return [...counts].map(([seen, count]) => (counts.size === 1 ? seen : `${count} × ${seen}`)).join('; ');
}

function told(result: Result): string {
  if (result.verdict === 'valid') return 'kept';
  if (result.verdict === 'inconclusive') return 'inconclusive';
  return `**${seenInWords(result).replaceAll(/\d+ /g, '')}**`;
}

function table(
  cells: readonly Cell[],
  scenarios: readonly string[],
  short: (name: string) => string,
): string {
  const rows = [...new Set(cells.map(({ row }) => row))];
  const lines = rows.map((row) => {
    const own = cells.filter((cell) => cell.row === row);
    return [row, ...scenarios.map((name) => cellOf(own.find(({ scenario }) => scenario === name)!.results))];
  });
  return markdownLines([['client', ...scenarios.map(short)], ...lines]).join('\n');
}

/** `violation, of the protocol (KAFKA-17754)`, each with the findings that are judged so. */
function judgements(cells: readonly Cell[]): string[] {
  const found = new Map<string, Set<string>>();
  for (const { results } of cells)
    for (const result of results) {
      for (const finding of result?.findings ?? []) {
        const of = { verdict: 'invalid' as const, findings: [finding] };
        const judged = judgementInWords(of);
        if (judged === 'invalid') continue;
        found.set(judged, (found.get(judged) ?? new Set()).add(finding.kind));
      }
    }
  return [...found].map(([judged, kinds]) => `- ${judged}: ${[...kinds].toSorted().join(', ')}`);
}

function page(): string {
  const versions = new Set(
    [...late, ...reading].flatMap(({ results }) =>
      results.flatMap((result) => (result?.client === undefined ? [] : [nameOfClient(result.client)])),
    ),
  );
  return `# What transactions keep

Written by \`bench/what-transactions-keep.ts\` on ${new Date().toISOString().slice(0, 10)}, from ${tries === 1 ? 'one run' : `${tries} runs`} of each: ${[...versions].toSorted().join(', ')}. Every
run is one command, \`kept run SCENARIO --kafka VERSION --client LIBRARY\`, and takes about fifteen seconds; what the scenarios do
is told in [transactions](transactions.md), what the findings mean in [findings](findings.md). "kept": each transaction took effect as a
whole or not at all.

${KAFKAS.map(
  (kafka) =>
    `## Requests that come late, Kafka ${kafka}\n\n${table(
      late.filter((cell) => cell.kafka === kafka),
      LATE,
      (name) => name,
    )}\n`,
).join('\n')}
How that is judged:

${judgements(late).join('\n')}

## Consumers of what is committed, no fault, Kafka 4.4.0

${table(
  reading,
  SUITES['read-committed']!.map(({ scenario }) => scenario.name),
  (name) => name.replace('read-committed-', ''),
)}

How that is judged:

${judgements(reading).join('\n')}
`;
}
