import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { draftDirectory, draftFile, throughDraft, writeWhole } from '../../src/core/draft.ts';

const root = mkdtempSync(join(tmpdir(), 'kept-draft-'));
test.after.always(() => rmSync(root, { recursive: true }));

/** A process that is killed meanwhile leaves what stands there at that moment. */
test.serial('nothing has its name before it is whole', async (t) => {
  const file = join(root, 'file');
  writeFileSync(file, 'old');
  await throughDraft(draftFile(file), (draft) => {
    writeFileSync(draft, 'new');
    t.is(readFileSync(file, 'utf8'), 'old');
  });
  t.is(readFileSync(file, 'utf8'), 'new');

  const directory = join(root, 'directory');
  await throughDraft(draftDirectory(directory, 'last'), (draft) => {
    writeFileSync(join(draft, 'last'), 'new');
    t.false(existsSync(directory));
  });
  t.deepEqual(readdirSync(directory), ['last']);

  const empty = join(root, 'empty');
  mkdirSync(empty);
  await throughDraft(draftDirectory(empty, 'last'), (draft) => {
    for (const name of ['last', 'first']) writeFileSync(join(draft, name), 'new');
    t.deepEqual(
      readdirSync(empty).filter((name) => !name.endsWith('.new')),
      [],
    );
  });
  t.deepEqual(readdirSync(empty), ['first', 'last']);
});

test.serial('what fails leaves no draft', async (t) => {
  const before = readdirSync(root);
  const fail = () => Promise.reject(new Error('half-way'));
  await t.throwsAsync(throughDraft(draftFile(join(root, 'x')), fail), { message: 'half-way' });
  await t.throwsAsync(throughDraft(draftDirectory(join(root, 'y'), 'last'), fail), { message: 'half-way' });
  t.deepEqual(readdirSync(root), before);
});

test.serial(
  'two writers of one file never share a draft, even if their processes have the same number',
  async (t) => {
    const path = join(root, 'shared');
    const taken = `${path}.${process.pid}.new`;
    writeFileSync(taken, 'of a process in another container');
    const [one, other] = [draftFile(path), draftFile(path)];
    t.is(new Set([taken, one.path, other.path]).size, 3);
    writeFileSync(one.path, 'one');
    writeFileSync(other.path, 'other');
    one.publish();
    t.is(readFileSync(path, 'utf8'), 'one');
    other.publish();
    t.is(readFileSync(path, 'utf8'), 'other');
    writeWhole(path, 'small');
    t.is(readFileSync(path, 'utf8'), 'small');
    t.is(readFileSync(taken, 'utf8'), 'of a process in another container');
    rmSync(taken);
  },
);
