import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { check } from '../checker/linear/check.ts';
import { readHistory } from '../checker/linear/format/read-history.ts';
import type { Dialect } from '../checker/linear/format/pair.ts';
import { MODEL_NAMES, modelNamed, type ModelName } from '../checker/linear/models/catalog.ts';
import type { Model } from '../checker/linear/model.ts';
import type { Value } from '../checker/linear/operation.ts';
import type { LinearResult } from '../checker/linear/result.ts';
import { renderLin, renderLine, renderTally } from './lin-text.ts';
import { parseCount, parseDurationMs } from './parse.ts';

interface LinOptions extends Partial<Dialect> {
  model: ModelName;
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
      new Option('--model <name>', 'what the object promises').choices(MODEL_NAMES).makeOptionMandatory(),
    )
    .option('--initial <json>', 'what a register holds at first (default: null)', parseValue)
    .option(
      '--timeout <time>',
      'give up on a history after that long: 30s, 5m (default: never)',
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
      'print { verdict, method, culprit | witness, stats } as JSON; of several histories a line each',
    )
    .addHelpText(
      'after',
      `
The order of lines is the order of events. In EDN and JSON a failed operation never happened and a nil read says
nothing, as in Knossos; in log lines a failed cas found another value and a nil read found nothing.

Of several histories each gets a line, and the exit status is that of the worst.

Exit status: 0 linearizable, 1 not linearizable, 2 unknown (time or memory ran out) or no history, 64 wrong usage.

Examples:
  kept lin history.edn --model cas-register
  kept lin etcd.log --model cas-register --json
  kept lin queue.ndjson --model fifo-queue --timeout 1m
  kept lin logs --model cas-register --no-explain`,
    )
    .action(async (paths: string[], options: LinOptions) => {
      const files = paths.flatMap(filesIn);
      const alone = files.length === 1;
      const model = modelNamed(options.model, options);
      const tally = { valid: 0, invalid: 0, unknown: 0 };
      for (const file of files) {
        const result = await judge(model, file, options, alone);
        tally[result.verdict]++;
        process.stdout.write(shown(file, result, { alone, json: options.json === true }));
      }
      if (!alone && options.json !== true) process.stdout.write(renderTally(tally));
      process.exitCode =
        tally.invalid > 0 ? EXIT.invalid : tally.unknown > 0 ? EXIT.inconclusive : EXIT.valid;
    });
}

/** One history. Among several, one that cannot be read or is none does not keep the others from being judged. */
async function judge(model: Model, file: string, options: LinOptions, alone: boolean): Promise<LinearResult> {
  const { timeout, memory, explain } = options;
  try {
    return await check(model, readHistory(readText(file), options), {
      memoryBytesMax: memory * 2 ** 20,
      explain,
      ...(timeout === undefined ? {} : { signal: AbortSignal.timeout(timeout) }),
    });
  } catch (error) {
    if (alone || !(error instanceof Failure)) throw error;
    const stats = { operations: 0, unknown: 0, keys: 0, steps: 0, bytesPeak: 0 };
    return { verdict: 'unknown', method: 'none', reason: messageOf(error), stats };
  }
}

function shown(file: string, result: LinearResult, how: { alone: boolean; json: boolean }): string {
  if (!how.json) return how.alone ? renderLin(result) : renderLine(file, result);
  return how.alone ? `${JSON.stringify(result, null, 2)}\n` : `${JSON.stringify({ file, ...result })}\n`;
}

/** A directory stands for the files in it. */
function filesIn(path: string): string[] {
  if (path === '-' || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const entries = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isFile());
  if (entries.length === 0) throw new Failure(`The directory ${path} holds no files.`);
  return entries.map(({ name }) => join(path, name)).toSorted();
}

function readText(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new Failure(`The history ${file} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

function parseValue(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch (error) {
    throw new Failure(`--initial expects a JSON value such as 0 or "a", not ${text}.`, {
      exitStatus: EXIT.usage,
      cause: error,
    });
  }
}
