import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { check } from '../../src/linear/check.ts';
import { readHistory } from '../../src/linear/format/read-history.ts';
import { modelNamed } from '../../src/linear/models/catalog.ts';

/**
 * Our side of the comparison: the same logs, the same figures, as JSON lines. See run.ts.
 *   tsx bench/porcupine/kept.ts DIR ROUNDS [decide|explain] [LOG]
 */
const [directory, rounds, explain, only] = process.argv.slice(2) as [string, string, string?, string?];

const MODELS = { kv: modelNamed('kv'), etcd: modelNamed('cas-register') };
const logs = ['jepsen', 'kv'].flatMap((folder) =>
  logsIn(folder).map((log) => ({
    log,
    model: folder === 'kv' ? MODELS.kv : MODELS.etcd,
  })),
);

function logsIn(folder: string): string[] {
  if (only !== undefined) return only.startsWith(folder) ? [only] : [];
  return readdirSync(join(directory, folder)).map((file) => `${folder}/${file}`);
}

const best = new Map(
  logs.map(({ log }) => [log, { log, valid: false, parseMs: Infinity, checkMs: Infinity }]),
);
for (let round = 0; round < Number(rounds); round++) {
  for (const { log, model } of logs) {
    const figures = best.get(log)!;
    const started = performance.now();
    const history = readHistory(readFileSync(join(directory, log), 'utf8'), { model: model.name });
    const parsed = performance.now();
    const { verdict } = await check(model, history, { explain: explain === 'explain' });
    const checked = performance.now();
    figures.valid = verdict === 'valid';
    figures.parseMs = Math.min(figures.parseMs, parsed - started);
    figures.checkMs = Math.min(figures.checkMs, checked - parsed);
  }
}
process.stdout.write(Array.from(best.values(), (figures) => `${JSON.stringify(figures)}\n`).join(''));
