import { Option, type Command } from 'commander';
import type { ExportFormat } from '../interchange.ts';

export function addExportCommand(program: Command): void {
  program
    .command('export')
    .argument('<run>', 'a run directory, such as store/run-42, or an NDJSON history; or a soak (parquet)')
    .description('write a history for other tools')
    .addOption(
      new Option('--to <format>', 'what to write')
        .choices(['ndjson', 'parquet', 'edn'])
        .makeOptionMandatory(),
    )
    .option('-o, --output <path>', 'where to write it (default: standard output; parquet: into the run)')
    .addHelpText(
      'after',
      `
ndjson   One JSON object a line: everything that the history says, without loss. "kept check" and "kept import" read
         it again; "kept import --help" describes it. The last line counts the others and holds a checksum, so that a
         file that was cut or changed is noticed.
parquet  Tables of writes and reads in the directory that --output names (else RUN/tables): a directory for each
         partition, in it parts that are sorted by offset, packed with zstd (Snappy before Node.js 22.15). Their columns
         are those of the history (times in nanoseconds since the run began; rowNumber is the row's place in it); absent
         values are null. End offsets, events and what ran stand beside them, so "kept check DIRECTORY" judges them, on
         the user's own engine if need be: docs/engines.md. What an earlier export left there is replaced.
         Of a soak: such tables for each period whose history is there (segment=K), and the lines of the others.
         A run in transactions has two tables more: transactions, and markers by partition. Of consumer groups the events tell. No
         engine judges such a run: "kept check DIRECTORY" does, in the memory of this machine.
edn      For Jepsen's own checkers: operations in the shape of its Kafka workload (jepsen.tests.kafka), one map a line.
         :send with a value [[:send partition [offset "worker:seq"]]], :poll with the records that scans returned, and
         faults of the process :nemesis. A write whose outcome is unknown ends with :info, and its process is not used
         again. A transaction is one operation :txn with everything that was sent in it, from its begin to when its outcome
         became known: :ok committed, :fail aborted, :info unknown. Polls are then those of readers of what is committed
         (:isolation-level): consumers that asked for it, and the final scan without what the markers and the last stable offset hide.
         What other readers were given is left out, since Jepsen's checker would take it for aborted reads; so are markers and
         producer ids. A run with a consumer group or copies is refused. The checker of that workload reads it; "kept lin" does
         not (a log is none of its models). "kept check FILE.edn" judges what it holds, which is less than the run itself.

What --output names is there when it is whole; until then it is called PATH.PID.new, and replaces nothing.

Examples:
  kept export store/run-42 --to ndjson > run-42.ndjson
  kept export store/run-42 --to parquet -o tables
  kept export store/run-42 --to edn -o history.edn`,
    )
    .action(async (path: string, options: { to: ExportFormat; output?: string }) => {
      const { exportHistory } = await import('../interchange.ts');
      await exportHistory(path, options.to, options.output);
    });
}
