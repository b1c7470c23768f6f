import test from 'ava';
import { CommanderError } from 'commander';
import type { LabActions } from '../../../src/cli/lab/actions.ts';
import { candidates } from '../../../src/cli/lab/completion.ts';
import { LAB_COMMANDS, labProgram } from '../../../src/cli/lab/program.ts';
import { parsedLabCommand } from './parsed.ts';

/** The commands of a lab as words: what they mean, what is refused, and what may come next. */
test('each command is understood', async (t) => {
  const meant: [line: string, action: string, ...args: unknown[]][] = [
    ['status', 'status'],
    [
      'produce kept --acks 1 --count 5 --rate max',
      'produce',
      'kept',
      { acks: 1, count: 5, rate: 'max', workers: 8, inFlight: 4 },
    ],
    ['produce', 'produce', undefined, { acks: 'all', rate: 1_000, workers: 8, inFlight: 4 }],
    ['kill leader', 'strike', 'kill', 'leader'],
    ['pause kafka2', 'strike', 'pause', 'kafka2'],
    ['disconnect leader', 'strike', 'disconnect', 'leader'],
    ['partition kafka1 kafka2,kafka3,zookeeper', 'partition', ['kafka1', 'kafka2,kafka3,zookeeper']],
    ['cut kafka1 kafka2 --one-way', 'cut', 'kafka1', 'kafka2', { oneWay: true }],
    ['flaky kafka1 kafka2 20%', 'flaky', ['kafka1', 'kafka2', '20%'], {}],
    ['slow leader 1s --jitter 300ms --one-way', 'slow', ['leader', '1s'], { jitter: 300, oneWay: true }],
    ['topic create play --partitions 3', 'createTopic', 'play', { partitions: 3, minIsr: 1 }],
    ['logs kafka1 --grep Truncat --follow', 'logs', 'kafka1', { grep: 'Truncat', follow: true }],
    ['heal --all', 'heal', { all: true }],
    ['end-offsets', 'endOffsets', undefined],
    ['reset --min-isr 2', 'reset', { minIsr: 2 }],
  ];
  for (const [line, ...expected] of meant)
    t.deepEqual(await parsedLabCommand(line.split(' ')), expected, line);
});

test('wrong words are refused in a sentence that says where to learn', async (t) => {
  for (const [line, pattern] of [
    ['produce --acks 5', /Expected 0, 1 or all/],
    ['kill', /missing required argument 'node'/],
    ['kill a b', /too many arguments/],
    ['flaky', /missing required argument 'node'/],
    ['status --loud', /unknown option '--loud'/],
    ['topic make x', /unknown command 'make'/],
  ] as const) {
    const said: string[] = [];
    const error = await t.throwsAsync(
      parsedLabCommand(line.split(' '), (text) => said.push(text)),
      {
        instanceOf: CommanderError,
      },
    );
    t.not(error.exitCode, 0, line);
    t.regex(said.join(''), pattern, line);
    t.regex(said.join(''), /--help" teaches/, line);
  }
});

test('the help of every command has an example that is valid', async (t) => {
  for (const name of LAB_COMMANDS) {
    if (name === 'help') continue;
    const said: string[] = [];
    await t.throwsAsync(parsedLabCommand([name, '--help'], (text) => said.push(text)));
    const lines =
      said
        .join('')
        .split(/Examples?:\n/)[1]
        ?.split('\n') ?? [];
    const examples = lines
      .map((line) => line.trim().replace(/ {2,}\(.*| \|.*/, ''))
      .filter((line) => line !== '');
    t.true(examples.length > 0, name);
    for (const example of examples) await t.notThrowsAsync(parsedLabCommand(example.split(' ')), example);
  }
});

test('what may come next', (t) => {
  const program = labProgram(
    {} as LabActions,
    { out: () => undefined, err: () => undefined },
    () => undefined,
  );
  const names = { nodes: ['kafka1', 'kafka2', 'zookeeper'], topics: ['kept', 'play'] };
  const next = (...words: string[]) => candidates(program, words, names);
  t.deepEqual(next('st'), ['status', 'stop', 'start']);
  t.deepEqual(next('kill', 'k'), ['kafka1', 'kafka2']);
  t.deepEqual(next('kill', 'l'), ['leader']);
  t.deepEqual(next('flaky', 'leader', 'c'), ['controller', 'client']);
  t.deepEqual(next('produce', ''), ['kept', 'play']);
  t.deepEqual(next('produce', 'kept', '--ac'), ['--acks']);
  t.deepEqual(next('produce', 'kept', '--acks', ''), ['0', '1', 'all']);
  t.deepEqual(next('partition', 'kafka1', 'kafka2,z'), ['kafka2,zookeeper']);
  t.deepEqual(next('topic', 'd'), ['describe', 'delete']);
  t.deepEqual(next('topic', 'delete', 'p'), ['play']);
  t.deepEqual(next('nonsense', ''), []);
});
