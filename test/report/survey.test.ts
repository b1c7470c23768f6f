import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openRun } from '../../src/history/directory.ts';
import type { Run } from '../../src/history/run.ts';
import { SurveyAhead, surveyHere } from '../../src/report/threads/survey-ahead.ts';
import { temporaryDirectory } from '../history/sample.ts';

const FOCUS = { partition: 0, bucketNs: 1e9 / 64 };
const EXAMPLE = 'store/example';

/** Reads a run to its end, as a check does: only then it is known whether it is sound. */
async function readThrough(path: string): Promise<Run> {
  const run = await openRun(path);
  for (const batch of run.writes()) if (batch.length < 0) break;
  return run;
}

test('a second thread surveys a sound run, and the first one need not look at it', async (t) => {
  const ahead = new SurveyAhead(EXAMPLE, { fromBytes: 0 });
  const run = await readThrough(EXAMPLE);
  const unread: Run = {
    ...run,
    writes: () => {
      throw new Error('the writes are read again');
    },
  };
  t.deepEqual(await ahead.survey(unread, FOCUS), await surveyHere(run, FOCUS));
});

test('a thread that cannot start is not missed', async (t) => {
  const program = new URL('no-such-thread.js', import.meta.url);
  const ahead = new SurveyAhead(EXAMPLE, { fromBytes: 0, program });
  const run = await readThrough(EXAMPLE);
  t.deepEqual(await ahead.survey(run, FOCUS), await surveyHere(run, FOCUS));
});

test('of a damaged run only what its checksums vouch for is surveyed', async (t) => {
  const root = temporaryDirectory();
  const directory = join(root, 'damaged');
  cpSync(EXAMPLE, directory, { recursive: true });
  const file = join(directory, 'writes.arrow');
  const bytes = readFileSync(file);
  bytes[Math.floor(bytes.length / 2)]! ^= 0x40;
  writeFileSync(file, bytes);
  const ahead = new SurveyAhead(directory, { fromBytes: 0 });
  const run = await readThrough(directory);
  t.is(run.damage().length, 1);
  const survey = await ahead.survey(run, FOCUS);
  t.deepEqual(survey, await surveyHere(run, FOCUS));
  t.notDeepEqual(survey, await surveyHere(await openRun(EXAMPLE), FOCUS));
  rmSync(root, { recursive: true });
});
