import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { check } from '../../../src/checker/check.ts';
import { probeNamespaces } from '../../../src/control/netns/probe.ts';
import { openRun } from '../../../src/history/directory.ts';

/** Scenarios 4 and 5 of docs/the-seven-by-hand.md on real Kafka, in script mode: one lab, two histories. */
const KEPT = resolve(import.meta.dirname, '../../../bin/kept.js');
const namespaces = await probeNamespaces();
const real = namespaces.allowed ? test : test.skip;

const SCRIPT = `
one() {
  produce kept --acks "$1" --count 4500 --rate 500 --workers 4 &
  sleep 3
  partition leader
  # Until two brokers name a leader, and the third another one.
  until [ "$(status | awk '$3 == "kept-0" { print $4 }' | sort -u | wc -l)" = 2 ]; do sleep 0.5; done
  sleep 2
  heal
  wait
  check
  echo "check of acks=$1 ended with $?"
}
one 1
lab reset
one all
exit 0`;

real('what is done by hand is recorded, judged and drawn: acks=1 loses, acks=all does not', async (t) => {
  t.timeout(240_000);
  const store = mkdtempSync(join(tmpdir(), 'kept-by-hand-'));
  t.teardown(() => rmSync(store, { recursive: true, force: true }));
  const words = ['lab', '--kafka', '3.9.1', '--store', store, '--', 'sh', '-c', SCRIPT];
  const { stdout, stderr, exitCode } = await execa(process.execPath, [KEPT, ...words], {
    reject: false,
    stdin: 'ignore',
  });
  const said = `${stdout}\n${stderr}`;
  t.regex(said, /check of acks=1 ended with 1/, said);
  t.regex(said, /check of acks=all ended with 0/, said);
  t.is(exitCode, 0, said);
  const [one, all] = await Promise.all(
    ['run-1', 'run-2'].map(async (run) => check(await openRun(join(store, run)), { claim: 'kept' })),
  );
  t.true(one!.counts.lost > 100);
  t.true(one!.findings.every(({ judgement }) => judgement === 'permitted'));
  t.is(all!.counts.lost, 0);
  t.true(all!.counts.ok > 1_000);
});
