import { InvalidArgumentError, Option, type Command } from 'commander';
import { EXIT, Failure } from '../../core/failure.ts';
import type { Question } from '../../report/explain/lives.ts';
import { parseCount } from '../options/parse.ts';

export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .argument(
      '<run>',
      'a run directory, such as store/run-42 or a period of a soak, or a history in one file: NDJSON or EDN; or tables',
    )
    .description('tell the life of one record: everything that the history knows of it')
    .addOption(
      new Option(
        '--value <worker:seq>',
        'the record by its value, such as 3:120, which texts call w3:120',
      ).argParser(parseValue),
    )
    .addOption(
      new Option('--offset <partition:offset>', 'the records of an offset, such as 0:5142').argParser(
        parsePlace,
      ),
    )
    .addOption(
      new Option(
        '--finding <n>',
        'the first examples of a finding, counted from 1 as "kept check" lists them',
      ).argParser(parseCount),
    )
    .option('--json', 'print what is known as JSON')
    .addHelpText(
      'after',
      `
Tells in the order of time when the record was due, sent and answered; who led its partition, which faults were in force, and which
logs were cut, while it was under way, or until it was gone; which end offsets brokers gave around its own; which readers were given it,
and which went past it; what became of its transaction. Then what stands at its offset in the end, and what the checker finds about it.
Every line follows from a row or an event of the history. What it does not tell stands under "Not known".

An offset may have been given to more than one record: all of them are told. Times are seconds since the run began; a fault or a leader
that was there before stands where it began. With --json times are in nanoseconds, and each step has its text.
Reads the history and judges it, and writes nothing.

Exit status: 0 when there was something to tell, 64 when there is no such run, record, offset or finding.

Examples:
  kept explain store/example --finding 1
  kept explain store/example --value 4:132
  kept explain store/example --offset 0:1060
  kept explain store/soak-1/period-3 --value 0:17 --json
  zcat history.ndjson.gz | kept explain - --value 3:120`,
    )
    .action(async (path: string, options: Options) => {
      const question = questionOf(options);
      const { explainRecord } = await import('../explaining.ts');
      await explainRecord(path, question, { json: options.json === true });
    });
}

interface Options {
  value?: Question & { value: unknown };
  offset?: Question & { place: unknown };
  finding?: number;
  json?: true;
}

function questionOf({ value, offset, finding }: Options): Question {
  const asked = [value, offset, finding === undefined ? undefined : { finding }].filter(
    (each) => each !== undefined,
  );
  if (asked.length === 1) return asked[0]!;
  throw new Failure(
    asked.length === 0 ? 'nothing says which record is to be explained' : 'one record is explained at a time',
    {
      hint: `name ${asked.length === 0 ? 'it by' : 'it by one of'} --value WORKER:SEQ, --offset PARTITION:OFFSET or --finding N`,
      exitStatus: EXIT.usage,
    },
  );
}

/** `3:120`, or as the texts have it: `w3:120`. */
function parseValue(text: string): Question {
  const match = /^w?(\d+):(\d+)$/.exec(text.trim());
  if (match === null || !areSafe(match))
    throw new InvalidArgumentError('Expected a worker and a sequence number, such as 3:120.');
  return { value: { worker: Number(match[1]), seq: Number(match[2]) } };
}

/** `0:5142`; the thousands of an offset may be grouped as the texts have them. */
function parsePlace(text: string): Question {
  const match = /^(\d+):(\d+)$/.exec(text.trim().replaceAll(',', ''));
  if (match === null || !areSafe(match))
    throw new InvalidArgumentError('Expected a partition and an offset, such as 0:5142.');
  return { place: { partition: Number(match[1]), offset: Number(match[2]) } };
}

function areSafe([, first, second]: RegExpExecArray): boolean {
  return Number.isSafeInteger(Number(first)) && Number.isSafeInteger(Number(second));
}
