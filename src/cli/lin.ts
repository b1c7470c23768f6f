import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { EXIT, Failure, messageOf } from '../core/failure.ts';
import { check } from '../checker/linear/check.ts';
import { readHistory } from '../checker/linear/format/read-history.ts';
import type { Dialect } from '../checker/linear/format/pair.ts';
import { MODEL_NAMES, modelNamed, type ModelName } from '../checker/linear/models/catalog.ts';
import type { Value } from '../checker/linear/operation.ts';
import type { LinearResult } from '../checker/linear/result.ts';
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
      '<history>',
      'a file in Jepsen EDN, the same as JSON or NDJSON, or a Jepsen log; - for standard input',
    )
    .description("is anybody's history linearizable?")
    .addOption(
      new Option('--model <name>', 'what the object promises').choices(MODEL_NAMES).makeOptionMandatory(),
    )
    .option('--initial <json>', 'what a register holds at first (default: null)', parseValue)
    .option('--timeout <time>', 'give up after that long: 30s, 5m (default: never)', parseDurationMs)
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
    .option('--json', 'print { verdict, method, culprit | witness, stats } as JSON')
    .addHelpText(
      'after',
      `
The order of lines is the order of events. In EDN and JSON a failed operation never happened and a nil read says
nothing, as in Knossos; in log lines a failed cas found another value and a nil read found nothing.

Exit status: 0 linearizable, 1 not linearizable, 2 unknown (time or memory ran out) or no history, 64 wrong usage.

Examples:
  kept lin history.edn --model cas-register
  kept lin etcd.log --model cas-register --json
  kept lin queue.ndjson --model fifo-queue --timeout 1m`,
    )
    .action(async (file: string, options: LinOptions) => {
      const { model, timeout, memory, explain, ...rest } = options;
      const history = readHistory(readText(file), { model, ...rest });
      const result = await check(modelNamed(model, rest), history, {
        memoryBytesMax: memory * 2 ** 20,
        explain,
        ...(timeout === undefined ? {} : { signal: AbortSignal.timeout(timeout) }),
      });
      process.stdout.write(
        options.json === true ? `${JSON.stringify(result, null, 2)}\n` : renderLin(result),
      );
      process.exitCode = { valid: EXIT.valid, invalid: EXIT.invalid, unknown: EXIT.inconclusive }[
        result.verdict
      ];
    });
}

/** The result for people. */
export function renderLin({ verdict, method, culprit, reason, stats }: LinearResult): string {
  const unknown = stats.unknown > 0 ? `, ${stats.unknown} of unknown outcome` : '';
  const keys = stats.keys > 1 ? `, ${stats.keys} keys` : '';
  const lines = [`${SENTENCES[verdict]} (${stats.operations} operations${unknown}${keys}; ${method})`];
  if (reason !== undefined) lines.push(`  ${reason}`);
  if (culprit !== undefined) {
    lines.push(
      '',
      `Cannot be placed: #${culprit.operation.index} ${culprit.operation.text}`,
      `  ${culprit.reason}`,
    );
    if (culprit.conflicts.length > 0) {
      lines.push(
        '',
        culprit.minimal ? 'It contradicts these, and needs every one of them:' : 'Concurrent with it were:',
      );
      for (const { index, text } of culprit.conflicts) lines.push(`  #${index} ${text}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

const SENTENCES = { valid: 'Linearizable', invalid: 'Not linearizable', unknown: 'Unknown' };

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
