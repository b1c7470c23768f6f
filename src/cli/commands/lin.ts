import { setImmediate as turn } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import { deadline } from '../../core/clock.ts';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import { check } from '../../linear/check.ts';
import { parseExactly } from '../../linear/format/json.ts';
import type { Event } from '../../linear/format/event.ts';
import { guessModel, namesIn } from '../../linear/format/guess-model.ts';
import type { Dialect } from '../../linear/format/pair.ts';
import { operationsOf, readEvents } from '../../linear/format/read-history.ts';
import { logHint } from '../../linear/log-hint.ts';
import { MODEL_NAMES, modelNamed, type ModelName } from '../../linear/models/catalog.ts';
import type { Value } from '../../linear/operation.ts';
import type { LinearResult } from '../../linear/result.ts';
import { NESTING_MAX, nestsDeeper } from '../../core/nesting.ts';
import { historiesAt, type Named } from '../lin-files.ts';
import { renderLin, renderLine, renderTally, type Judged } from '../lin-text.ts';
import { parseCount, parseDurationMs } from '../options/parse.ts';
import { print, printJson } from '../terminal/print.ts';

interface LinOptions extends Partial<Dialect> {
  model?: ModelName;
  initial?: Value;
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
      'files in Jepsen EDN, the same as JSON or NDJSON, or Jepsen logs; directories of such; - for standard input',
    )
    .description("is anybody's history linearizable?")
    .addOption(
      new Option(
        '--model <name>',
        'what the object promises (default: by the names of its operations)',
      ).choices(MODEL_NAMES),
    )
    .option('--initial <json>', 'what a register holds at first (default: null)', parseValue)
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
The order of lines is the order of events. In EDN and JSON a failed operation never happened and a nil read says
nothing, as in Knossos; in log lines a failed cas found another value and a nil read found nothing.

Without --model the operations tell it: read and write with cas are a cas-register, without it a register, with keys a
kv; get, put and append a kv; add, remove and read a set; append and read an append-list; enqueue and dequeue a
fifo-queue, with drain an unordered-queue; push and pop a stack; txn a multi-register; acquire and release a mutex. Where
they leave it open --model must be given, and always for a counter and an owner-mutex.

Where nothing completed, or nothing that completed shows what the object held, the answer is unknown: nothing was tested.

Results name operations by their rank in the order of calls, from 0 (#3, "index"), and by the line of their call in the
file, from 1 (line 5, "line"), where the history has lines: all formats but a JSON list.

What kept itself records of Kafka, in a run directory, is the business of "kept check".

A history that lost lines is refused, not judged: an answer without its call shows it. What the process nemesis does is
left out. Text must be UTF-8.

Of several histories each gets a line and the time of --timeout. What cannot be read, or is none, is unknown, with the
reason. The exit status is that of the worst: 1 before 2 before 0. Ctrl-C ends at once; the lines until then hold.

Exit status: 0 linearizable, 1 not linearizable, 2 unknown (time or memory ran out, or nothing was
tested) or no history, 64 wrong usage,
70 a defect of kept.

Examples:
  kept lin history.edn
  kept lin etcd.log --model cas-register --json
  kept lin queue.ndjson --model fifo-queue --timeout 1m
  kept lin logs --no-explain`,
    )
    .action(async (paths: string[], options: LinOptions) => {
      const named = paths.flatMap(historiesAt);
      const alone = named.length === 1;
      const tally: Tally = { valid: 0, invalid: 0, unknown: 0, defects: 0, left: named.length };
      for (const history of named) {
        const judged = await judge(history, options, alone);
        tally[judged.result.verdict]++;
        tally.left--;
        if (judged.isDefect === true) tally.defects++;
        // Whoever closes standard output ends the command, and gets the status of what was found until then.
        process.exitCode = statusOf(tally);
        const json = options.json === true;
        (json ? printJson : print)(shown(history.name, judged, { alone, json }));
        await turn();
      }
      if (!alone && options.json !== true) print(renderTally(tally));
    });
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
): Promise<Judged & { isDefect?: true }> {
  const { timeout, memory, explain } = options;
  try {
    const recorded = readEvents(named.read());
    const model = options.model ?? guessed(recorded.events);
    const history = operationsOf(recorded, { ...options, model });
    const result = await check(modelNamed(model, options), history, {
      memoryBytesMax: memory * 2 ** 20,
      explain,
      ...(timeout === undefined ? {} : { signal: deadline(timeout) }),
    });
    return { model, isGuess: options.model === undefined, result };
  } catch (error) {
    if (alone) throw error;
    const isDefect = !(error instanceof Failure);
    const reason = isDefect ? `a defect of kept: ${messageOf(error)}` : error.message;
    const stats = { operations: 0, unknown: 0, keys: 0, steps: 0, bytesPeak: 0 };
    const result = { verdict: 'unknown', method: 'none', reason, stats } as const;
    return { model: options.model ?? null, isGuess: false, result, ...(isDefect && { isDefect }) };
  }
}

function guessed(events: readonly Event[]): ModelName {
  const model = guessModel(events);
  if (model !== null) return model;
  const names = namesIn(events).slice(0, 8).join(', ');
  const hint = logHint(namesIn(events));
  throw new Failure(
    hint === null
      ? `The operations of this history (${names || 'none'}) leave open which model it is of: name it with --model.`
      : `No model knows the operations of this history (${names}), so there is nothing to name with --model.`,
    { hint: hint ?? `Models: ${MODEL_NAMES.join(', ')}.`, exitStatus: EXIT.usage },
  );
}

function shown(file: string, judged: Judged, how: { alone: boolean; json: boolean }): string {
  if (!how.json) return how.alone ? renderLin(judged) : renderLine(file, judged);
  const { model, result } = judged;
  return how.alone
    ? `${JSON.stringify({ model, ...result }, null, 2)}\n`
    : `${JSON.stringify({ file, model, ...result })}\n`;
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
