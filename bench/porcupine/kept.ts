import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../../src/checker/linear/check.ts';
import { readHistory } from '../../src/checker/linear/format/read-history.ts';
import { modelNamed } from '../../src/checker/linear/models/catalog.ts';

/**
 * Our side of the comparison: the same logs, the same figures, as JSON lines. See run.ts.
 *   tsx bench/porcupine/kept.ts DIR ROUNDS [explain]
 */
const [directory, rounds, explain] = process.argv.slice(2) as [string, string, string?];

const logs = ['jepsen', 'kv'].flatMap((folder) =>
  readdirSync(join(directory, folder)).map((file) => ({
    log: `${folder}/${file}`,
    name: folder === 'kv' ? 'kv' : 'cas-register',
  })),
);
const best = new Map(
  logs.map(({ log }) => [log, { log, valid: false, parseMs: Infinity, checkMs: Infinity }]),
);
for (let round = 0; round < Number(rounds); round++) {
  for (const { log, name } of logs) {
    const figures = best.get(log)!;
    const started = performance.now();
    const history = readHistory(readFileSync(join(directory, log), 'utf8'), { model: name });
    const parsed = performance.now();
    const { verdict } = await check(modelNamed(name), history, { explain: explain === 'explain' });
    const checked = performance.now();
    figures.valid = verdict === 'valid';
    figures.parseMs = Math.min(figures.parseMs, parsed - started);
    figures.checkMs = Math.min(figures.checkMs, checked - parsed);
  }
}
for (const figures of best.values()) process.stdout.write(`${JSON.stringify(figures)}\n`);
