import { Readable } from 'node:stream';
import test from 'ava';
import { followed, pullProgress, type Told } from '../../../src/control/docker/image.ts';

test('messages of a pull are read wherever the stream cuts them', async (t) => {
  const told: Told[] = [];
  await followed(Readable.from(['{"status":"one"}\n{"sta', 'tus":"two"}', '\r\n']), (each) =>
    told.push(each),
  );
  t.deepEqual(
    told.map(({ status }) => status),
    ['one', 'two'],
  );
});

test('an error in the middle of a pull is an error', async (t) => {
  const stream = Readable.from(['{"status":"one"}\n{"error":"manifest unknown"}\n']);
  await t.throwsAsync(followed(stream), { message: 'manifest unknown' });
});

test('progress is a line for each tenth of all layers together', (t) => {
  const said: string[] = [];
  const progress = pullProgress((line) => said.push(line));
  const at = (id: string, current: number, total: number) =>
    progress({ id, status: 'Downloading', progressDetail: { current, total } });
  at('a', 1e6, 100e6);
  at('a', 10e6, 100e6);
  at('b', 0, 100e6);
  at('a', 15e6, 100e6);
  at('a', 100e6, 100e6);
  at('b', 100e6, 100e6);
  t.deepEqual(said, ['  10 of 100 MB', '  100 of 200 MB', '  200 of 200 MB']);
});
