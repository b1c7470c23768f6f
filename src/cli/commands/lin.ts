import { setImmediate as turn } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import { deadline } from '../../core/clock.ts';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import { parseExactly } from '../../linear/format/json.ts';
import { ORDERS } from '../../linear/format/order.ts';
import { MODEL_NAMES } from '../../linear/models/catalog.ts';
import type { Value } from '../../linear/operation.ts';
import type { LinearResult } from '../../linear/result.ts';
import { NESTING_MAX, nestsDeeper } from '../../core/nesting.ts';
import { historiesAt, type Found, type Named } from '../lin-files.ts';
import { judgeText, type JudgeOptions } from '../lin-judge.ts';
import { renderLin, renderLine, renderPassedOver, renderTally, type Judged } from '../lin-text.ts';
import { parseCount, parseDurationMs } from '../options/parse.ts';
import { print, printJson } from '../terminal/print.ts';

interface LinOptions extends JudgeOptions {
  timeout?: number;
  memory: number;
  explain: boolean;
  json?: true;
}

export function addLinCommand(program: Command): void {
  program
    .command('lin')
    .argument(
      '<histories...>',
      'files in Jepsen EDN, the same as JSON or NDJSON, operations with times of call and return, logs of Jepsen and Maelstrom, history.txt; directories of such; - for standard input; any of them packed by gzip',
    )
    .description("is anybody's history linearizable?")
    .addOption(
      new Option(
        '--model <name>',
        'what the object promises (default: by the names of its operations)',
      ).choices(MODEL_NAMES),
    )
    .option(
      '--initial <json>',
      'what the object holds at first: a value; for kv also a map of keys; for sets, lists and queues a list (default: nothing)',
      parseValue,
    )
    .addOption(
      new Option(
        '--order <by>',
        'what the order of events is taken from (default: lines, refused where times contradict them)',
      ).choices(ORDERS),
    )
    .option(
      '--timeout <time>',
      'give up on a history that long after it was read: 30s, 5m (default: never)',
      parseDurationMs,
    )
    .option('--memory <mib>', 'give up rather than hold more', parseCount, 1024)
    .addOption(
      new Option('--failed-cas <meaning>', 'a failed cas found another value, or never happened').choices([
        'mismatch',
        'dropped',
      ]),
    )
    .addOption(
      new Option('--nil-read <meaning>', 'a read of nil found nothing there, or says nothing').choices([
        'empty',
        'any',
      ]),
    )
    .option('--no-explain', 'only the verdict, without the smallest contradiction')
    .option(
      '--json',
      'print { model, verdict, method, culprit | witness, stats } as JSON; of several histories a line each',
    )
    .addHelpText(
      'after',
      `
The order of lines is the order of events. Where times of events contradict it, --order says which of them counts. In
EDN, JSON, history.txt and the logs of today a failed operation never happened and a nil read says nothing, as in Knossos;
in log lines of 2014 ("INFO  jepsen.util - 3 :invoke ...") a failed cas found another value and a nil read found nothing.

Without --model the operations tell it: read and write with cas are a cas-register, without it a register, with keys a
kv; get, put and append a kv; add, remove and read a set; append and read an append-list; enqueue and dequeue a
fifo-queue, with drain an unordered-queue; push, pop and peek a stack; txn a multi-register; acquire and release a mutex. Where
they leave it open --model must be given, and always for a counter, an owner-mutex and a priority queue. A guess is refused where answers
do not look like what was written, or anything else speaks against it; and it is unknown, not a contradiction, where an
object that began with something (--initial), or a queue without an order, would explain the history.

A model that is named is split by key where every value is a pair of a key and a value, and refused where it cannot be
the history's.

Where nothing completed, or nothing that reads ever got an answer, the result is unknown: nothing was tested.

Results name operations by their rank in the order of calls, from 0 (#3, "index"), and by the line of their call in the
file, from 1 (line 5, "line"), where the history has lines: all formats but a JSON list.

What kept itself records of Kafka, in a run directory, is the business of "kept check".

A history that lost lines is refused, not judged: an answer without its call shows it. What the process nemesis does is
left out. Text must be UTF-8. A file that mixes formats is refused.

Of a directory, everything is judged that is a history, also in its subdirectories; the rest is passed over and counted.
Of a run of Jepsen it is history.edn, else history.txt, else jepsen.log.

Of several histories each gets a line and the time of --timeout. What cannot be read, or is none, is unknown, with the
reason. The exit status is that of the worst: 1 before 2 before 0. Ctrl-C ends at once; the lines until then hold.

Exit status: 0 linearizable, 1 not linearizable, 2 unknown (time or memory ran out, or nothing was
tested) or no history, 64 wrong usage,
70 a defect of kept.

Examples:
  kept lin history.edn
  kept lin etcd.log --model cas-register --json
  kept lin queue.ndjson --model fifo-queue --timeout 1m
  kept lin jobs.ndjson --model priority-queue
  kept lin store/etcd/latest
  kept lin register.edn --initial 0
  kept lin kv.json.gz --initial '{"a": 1}'`,
    )
    .action(async (paths: string[], options: LinOptions) => {
      if (paths.filter((path) => path === '-').length > 1)
        throw new Failure('Standard input can be read only once.', { exitStatus: EXIT.usage });
      await judgeAll(paths.map(historiesAt), options);
    });
}

/** Judges histories in turn, and shows each result at once. */
async function judgeAll(found: readonly Found[], options: LinOptions): Promise<void> {
  const count = found.reduce((sum, { histories }) => sum + histories.length, 0);
  const how = { alone: count === 1, json: options.json === true };
  const tally: Tally = { valid: 0, invalid: 0, unknown: 0, defects: 0, left: count };
  const show = async (name: string, judged: Judged & { isDefect?: true }) => {
    tally[judged.result.verdict]++;
    if (judged.isDefect === true) tally.defects++;
    // Closing standard output ends the command with the status of what was found until then.
    process.exitCode = statusOf(tally);
    (how.json ? printJson : print)(shown(name, judged, how));
    await turn();
  };
  let passedOver = 0;
  for (const { path, histories, ...rest } of found) {
    let others = rest.passedOver;
    for (const history of histories) {
      const judged = await judge(history, options, how.alone);
      tally.left--;
      if (judged === null) others++;
      else await show(history.name, judged);
    }
    passedOver += others;
    if (others < histories.length + rest.passedOver) continue;
    const nothing = new Failure(
      `The directory ${path} holds no histories: ${others} files were passed over.`,
    );
    if (found.length === 1) throw nothing;
    await show(path, failed(nothing, options));
  }
  // The last ones may have been none.
  process.exitCode = statusOf(tally);
  const text = how.alone ? '' : renderTally(tally);
  if (!how.json) print(`${text}${renderPassedOver(passedOver)}`);
}

/** What has come of several histories so far. */
interface Tally extends Record<LinearResult['verdict'], number> {
  /** How many of the unknown ones kept itself failed on. */
  defects: number;
  left: number;
}

/** That of the worst: a proven contradiction is never taken back. */
function statusOf({ invalid, unknown, defects, left }: Tally): number {
  if (invalid > 0) return EXIT.invalid;
  if (defects > 0) return EXIT.internal;
  return unknown + left > 0 ? EXIT.inconclusive : EXIT.valid;
}

/** One history. Among several, one that cannot be read or is none does not keep the others from being judged. */
async function judge(
  named: Named,
  options: LinOptions,
  alone: boolean,
): Promise<(Judged & { isDefect?: true }) | null> {
  const { timeout, memory, explain } = options;
  try {
    const text = named.read();
    if (text === null) return null;
    return await judgeText(text, options, {
      memoryBytesMax: memory * 2 ** 20,
      explain,
      ...(timeout === undefined ? {} : { signal: deadline(timeout) }),
    });
  } catch (error) {
    if (alone) throw error;
    return failed(error, options);
  }
}

/** A history of which nothing could be told. */
function failed(error: unknown, { model }: JudgeOptions): Judged & { isDefect?: true } {
  const isDefect = !(error instanceof Failure);
  const reason = isDefect ? `a defect of kept: ${messageOf(error)}` : error.message;
  const stats = { operations: 0, unknown: 0, keys: 0, steps: 0, bytesPeak: 0 };
  const result = { verdict: 'unknown', method: 'none', reason, stats } as const;
  return { model: model ?? null, isGuess: false, result, ...(isDefect && { isDefect }) };
}

function shown(file: string, judged: Judged, how: { alone: boolean; json: boolean }): string {
  if (!how.json) return how.alone ? renderLin(judged) : renderLine(file, judged);
  const { model, result, notes = [], suggestion } = judged;
  const more = { ...(notes.length > 0 && { notes }), ...(suggestion !== undefined && { suggestion }) };
  return how.alone
    ? `${JSON.stringify({ model, ...result, ...more }, null, 2)}\n`
    : `${JSON.stringify({ file, model, ...result, ...more })}\n`;
}

function parseValue(text: string): Value {
  let value: Value;
  try {
    value = parseExactly(text, 'It');
  } catch (error) {
    throw new Failure(`--initial expects a JSON value such as 0 or "a", not ${text}.`, {
      exitStatus: EXIT.usage,
      cause: error,
    });
  }
  if (nestsDeeper(value, NESTING_MAX)) {
    throw new Failure(`--initial expects a value that nests at most ${NESTING_MAX} deep.`, {
      exitStatus: EXIT.usage,
    });
  }
  return value;
}
