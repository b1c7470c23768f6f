import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { check } from '../../src/checker/check.ts';
import { FINDING_KINDS } from '../../src/checker/result.ts';
import { openHistory } from '../../src/run/history-path.ts';

const page = readFileSync(new URL('../../docs/findings.md', import.meta.url), 'utf8');
/** The sections of the page, by the finding that each is about. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => [/^`([a-z-]+)`/.exec(section)![1]!, section]),
);

test('the page has a section for every finding, and for nothing else', (t) => {
  t.deepEqual([...sections.keys()].toSorted(), [...FINDING_KINDS].toSorted());
});

for (const kind of FINDING_KINDS) {
  test(`the example of ${kind} shows it`, async (t) => {
    const history = /```ndjson\n([^]*?)```/.exec(sections.get(kind) ?? '')?.[1];
    t.truthy(history, 'the section has no example');
    const directory = mkdtempSync(join(tmpdir(), 'kept-findings-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const path = join(directory, `${kind}.ndjson`);
    writeFileSync(path, history!);
    const { counts, verdict } = check(await openHistory(path), { claim: 'kept' });
    t.true(counts[kind] > 0, JSON.stringify(counts));
    if (kind === 'unread') t.is(verdict, 'inconclusive');
    else if (kind !== 'sent-missing') t.is(verdict, 'invalid');
  });
}
