import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { hasTornRemains, removeRemains, tornRemainsWords } from '../../../src/db/kafka/torn-remains.ts';

const line = (path: string) =>
  `java.io.IOException: Malformed line in checkpoint file [${path}/leader-epoch-checkpoint]: \0\0\0\0`;

test('only a torn checkpoint of a deleted topic is taken for one', (t) => {
  t.true(hasTornRemains(`x\n${line('/data/kafka3/kept-a-4.d35b781b55ba-delete')}\ny`));
  t.false(hasTornRemains(line('/data/kafka3/kept-a-4')), 'of a topic that is there');
  t.false(hasTornRemains(line('/data/kept-delete-4')));
  t.false(hasTornRemains('Scheduling log for partition kept-a-4 for deletion: kept-a-4.d35b-delete'));
});

test('what is left of deleted topics is removed, and nothing else', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'kept-remains '));
  t.teardown(() => rmSync(data, { recursive: true }));
  for (const name of ['kept-a-0', 'kept-b-0.d35b-delete', 'kept-b-1.44e4-delete', '__consumer_offsets-0']) {
    mkdirSync(join(data, name));
    writeFileSync(join(data, name, 'leader-epoch-checkpoint'), '0\n0\n');
  }
  writeFileSync(join(data, 'a-file-delete'), '');
  const remote = {
    async exec([command, ...args]: readonly string[]) {
      const { stdout, stderr, exitCode } = await execa(command!, args, { reject: false });
      return { stdout, stderr, status: exitCode ?? null };
    },
  };
  const removed = await removeRemains(remote as never, data);
  t.deepEqual(removed, ['kept-b-0.d35b-delete', 'kept-b-1.44e4-delete']);
  t.deepEqual(readdirSync(data).toSorted(), ['__consumer_offsets-0', 'a-file-delete', 'kept-a-0']);
  t.deepEqual(await removeRemains(remote as never, data), []);
  t.regex(tornRemainsWords(removed), /2 directories of deleted topics removed/);
});
