import test from 'ava';
import { execa } from 'execa';

/** The long-running scripts of the tests say what they take, and begin nothing when they were asked for something else. */
const SCRIPTS: Record<string, { file: string; options: readonly string[]; number: string }> = {
  'test:nightly': {
    file: 'test/oracle/nightly.ts',
    options: ['--histories', '--seed', '--sort'],
    number: '--histories',
  },
  'test:sweep': {
    file: 'test/search/nightly.ts',
    options: ['--from', '--seeds', '--jobs', '--state', '--with'],
    number: '--from',
  },
  'test:bugs': {
    file: 'test/search/planted-bugs.ts',
    options: ['--bug', '--seeds', '--from'],
    number: '--seeds',
  },
  'test:mutation': { file: 'test/mutation/run.ts', options: ['--jobs'], number: '--jobs' },
};

for (const [name, { file, options, number }] of Object.entries(SCRIPTS)) {
  const run = (...args: string[]) =>
    execa(process.execPath, ['--import=tsx', file, ...args], { reject: false, stdin: 'ignore' });

  test(`npm run ${name} -- --help names every option`, async (t) => {
    const { exitCode, stdout, stderr } = await run('--help');
    t.is(exitCode, 0);
    t.is(stderr, '');
    t.true(stdout.startsWith(`npm run ${name} -- `), stdout);
    for (const option of options) t.true(stdout.includes(`  ${option} `), option);
  });

  test(`npm run ${name}: an option that it does not know is refused in one sentence`, async (t) => {
    for (const [args, sentence] of [
      [['--nonsense'], "Unknown option '--nonsense'."],
      [[number], `Option '${number} <value>' argument missing.`],
      [[number, 'many'], `${number} takes a whole number, not "many".`],
    ] as const) {
      const { exitCode, stdout, stderr } = await run(...args);
      t.is(exitCode, 64, stderr);
      t.is(stdout, '');
      t.is(stderr, `${sentence} "npm run ${name} -- --help" lists the options.`);
    }
  });
}
