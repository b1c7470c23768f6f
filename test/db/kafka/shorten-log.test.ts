import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { processRemote } from '../../../src/control/process-remote.ts';
import { LOG_FILE, OLDER_LOG_FILE } from '../../../src/db/kafka/files.ts';
import { shortenedLog } from '../../../src/db/kafka/shorten-log.ts';

test('a log that is too long becomes the older one of two, and each line stands in one of them', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'kept-shorten-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = join(directory, LOG_FILE);
  const older = join(directory, OLDER_LOG_FILE);
  const remote = processRemote('this machine', '127.0.0.1');
  t.is(await shortenedLog(remote, file, 8), 0, 'there is none yet');

  writeFileSync(file, 'short\n');
  t.is(await shortenedLog(remote, file, 8), 6, 'it goes on at its end');
  t.false(existsSync(older));

  appendFileSync(file, 'long\n');
  t.is(await shortenedLog(remote, file, 8), 0);
  t.deepEqual([readFileSync(older, 'utf8'), readFileSync(file, 'utf8')], ['short\nlong\n', '']);

  appendFileSync(file, 'the next lines\n');
  t.is(await shortenedLog(remote, file, 8), 0);
  t.deepEqual([readFileSync(older, 'utf8'), readFileSync(file, 'utf8')], ['the next lines\n', '']);
});

test('a log that cannot be shortened stays, and goes on at its end', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'kept-shorten-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const file = join(directory, LOG_FILE);
  writeFileSync(file, 'a long line\n');
  const { files } = processRemote('this machine', '127.0.0.1');
  const full = { exitStatus: 1, stdout: '', stderr: 'cp: error writing: No space left on device' };
  t.is(await shortenedLog({ files, exec: () => Promise.resolve(full) }, file, 8), 12);
  t.is(readFileSync(file, 'utf8'), 'a long line\n');
});
