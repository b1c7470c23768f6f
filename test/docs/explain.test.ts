import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { Failure } from '../../src/core/failure.ts';
import { explanationText } from '../../src/report/explain/explanation-text.ts';
import { explain } from '../../src/report/explain/lives.ts';
import { openHistory } from '../../src/run/history-path.ts';

const pageOf = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

test('the example of the page is what the command prints', async (t) => {
  const shown = /```\n\$ kept explain store\/example --value 4:132\n([^]*?)```/.exec(
    pageOf('explain.md'),
  )?.[1];
  const run = await openHistory('store/example');
  const text = explanationText(explain(run, { value: { worker: 4, seq: 132 } }), { columns: 80 });
  t.is(shown, text);
  t.true(text.split('\n').every((line) => line.length <= 80));
});

test('every finding of the page of findings is explained, or is about no single record', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'kept-explain-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'history.ndjson');
  const silent = new Set<string>();
  for (const [, kind = '', history = ''] of pageOf('findings.md').matchAll(
    /^## `([a-z-]+)`[^]*?```ndjson\n([^]*?)```/gm,
  )) {
    writeFileSync(path, history);
    const run = await openHistory(path);
    for (const index of check(run, { claim: 'kept' }).findings.keys()) {
      try {
        const explanation = explain(run, { finding: index + 1 });
        const { number, finding } = explanation.finding!;
        t.is(number, index + 1);
        // Each record that is told of knows of the finding that it was named for.
        for (const { value, findings } of explanation.records)
          t.true(
            findings.some((about) => about.number === number),
            `${kind}: ${value} does not know of finding ${number} (${finding.kind})`,
          );
        t.notRegex(explanationText(explanation, { columns: 80 }), /undefined|NaN|Infinity|null/);
      } catch (error) {
        if (!(error instanceof Failure) || !/is about no single record/.test(error.message)) throw error;
        silent.add(/\(([a-z-]+)\)/.exec(error.message)![1]!);
      }
    }
  }
  t.deepEqual([...silent].toSorted(), [
    'end-regressed',
    'lso-stuck',
    'non-monotonic-read',
    'offset-lost',
    'offset-phantom',
    'offset-regressed',
    'unexplained-offset',
    'zombie-offset',
  ]);
});
