import test from 'ava';
import { execa } from 'execa';
import { isOutOfDescriptors, outOfDescriptors } from '../../src/core/descriptors.ts';

/**
 * A process that has as many files open as it may starts no other one: Node then gives a child without any streams, and
 * tells the error later. Whatever kept starts, that must be a sentence about the limit, and no TypeError.
 */
const LIMIT = 200;
const limited = (limit: number, args: string[]) =>
  execa('sh', ['-c', `ulimit -n ${limit} && exec "$0" "$@"`, process.execPath, ...args], { reject: false });

const REACHED = new RegExp(`[Tt]he limit of ${LIMIT} open files of this process is reached \\(EMFILE: `);

test('every process that kept starts fails in a sentence when no descriptor is left', async (t) => {
  const { stdout, stderr, exitCode } = await limited(LIMIT, [
    '--import=tsx',
    'test/core/without-descriptors.ts',
  ]);
  t.is(exitCode, 0, stderr);
  const {
    'jobs of sim': jobs,
    'a probe': probe,
    'a thread': thread,
    ...others
  } = JSON.parse(stdout) as Record<string, { gave?: unknown; threw?: string; message?: string }>;
  t.is(Object.keys(others).length, 8);
  for (const [what, { threw, message }] of Object.entries(others)) {
    t.is(threw, 'Failure', what);
    // A broker's output goes to a file, which is opened first.
    t.regex(message ?? '', what === 'a broker' ? /cannot be written \(EMFILE: / : REACHED, what);
  }
  t.like(probe?.gave, { answer: 'no-observation' });
  t.regex((probe?.gave as { detail: string } | undefined)?.detail ?? '', REACHED);
  const untried = jobs?.gave as string[];
  t.is(untried.length, 6, 'each of two jobs tries three times');
  for (const line of untried) t.regex(line, REACHED);
  t.deepEqual(thread, { gave: null }, 'the first thread does the work');
});

for (const limit of [30, 31, 32, 33, 34, 35, 48, 80, 127]) {
  test(`with ${limit} open files allowed, kept ends with a sentence that says so`, async (t) => {
    const { exitCode, stderr, stdout } = await limited(limit, ['bin/kept.js', 'sim', '--seed', '1']);
    t.is(exitCode, 2, stderr);
    t.is(
      stderr,
      `kept: this program cannot be loaded: it may have only ${limit} files open at once, and loading it takes up to 128\n  Raise the limit, for example with: ulimit -n 4096`,
    );
    t.is(stdout, '');
  });
}

test('where as many may be open as loading takes, kept works', async (t) => {
  const { exitCode, stderr } = await limited(128, ['bin/kept.js', 'check', 'store/example']);
  t.is(exitCode, 1, stderr);
});

test('what says that descriptors are out is known by its code, through its causes', (t) => {
  const error = (code: string, cause?: Error) =>
    Object.assign(new Error(`${code}: it is so`, cause && { cause }), { code });
  t.true(isOutOfDescriptors(error('EMFILE')));
  t.true(isOutOfDescriptors(error('ENFILE')));
  t.true(isOutOfDescriptors(new Error('no network', { cause: error('EMFILE') })));
  t.false(isOutOfDescriptors(error('ENOENT')));
  t.false(isOutOfDescriptors('EMFILE'));
  t.regex(
    outOfDescriptors(error('ENFILE')).message,
    /^the machine has too many files open \(ENFILE: it is so\)$/,
  );
  t.regex(outOfDescriptors(error('EMFILE')).message, /^the limit of \d+ open files .* \(EMFILE: it is so\)$/);
  t.is(outOfDescriptors(error('EMFILE')).exitStatus, 2);
});
