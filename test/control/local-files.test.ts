import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { localFiles } from '../../src/control/local-files.ts';

/** The files of a node that lives on this machine. */
async function folder(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'kept-test-'));
  t.teardown(() => rm(directory, { recursive: true }));
  return directory;
}

test('a file is read from a byte on, and no further than was asked for', async (t) => {
  const file = join(await folder(t), 'server.log');
  t.is(await localFiles.size(file), null);
  t.is(await localFiles.read(file), null, 'there is no such file');
  await localFiles.write(file, 'zero one');
  t.is(await localFiles.size(file), 8);
  t.is(String(await localFiles.read(file)), 'zero one');
  t.is(String(await localFiles.read(file, { byte: 5 })), 'one');
  t.is(String(await localFiles.read(file, { byte: 5, maxBytes: 2 })), 'on');
  t.is(String(await localFiles.read(file, { byte: 8 })), '', 'nothing new');
  t.is(String(await localFiles.read(file, { byte: 80 })), '', 'it has become shorter');
  await appendFile(file, ' two');
  t.is(String(await localFiles.read(file, { byte: 8 })), ' two');
});

test('where a directory on the way is a file, there is no such file', async (t) => {
  const directory = await folder(t);
  await writeFile(join(directory, 'a'), '');
  t.is(await localFiles.read(join(directory, 'a', 'b')), null);
  t.is(await localFiles.size(join(directory, 'a', 'b')), null);
});

test('what cannot be read is an error, and not an absent file', async (t) => {
  await t.throwsAsync(localFiles.read(await folder(t)), { code: 'EISDIR' });
});

test('a directory is copied with what is below it, into one that may be there already', async (t) => {
  const directory = await folder(t);
  await mkdir(join(directory, 'from', 'deep'), { recursive: true });
  await writeFile(join(directory, 'from', 'top'), '1');
  await writeFile(join(directory, 'from', 'deep', 'file'), '2');
  await localFiles.makeDirectory(join(directory, 'to'));
  await writeFile(join(directory, 'to', 'other'), '3');
  await localFiles.put(join(directory, 'from'), join(directory, 'to'));
  const text = (...path: string[]) => readFile(join(directory, 'to', ...path), 'utf8');
  t.deepEqual(await Promise.all([text('top'), text('deep', 'file'), text('other')]), ['1', '2', '3']);
});
