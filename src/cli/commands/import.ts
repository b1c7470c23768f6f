import type { Command } from 'commander';
import type { HowToRead } from '../../run/history-path.ts';
import { isolationOption } from './check.ts';
import { print } from '../terminal/print.ts';

/** What the format is, for those who write it. */
const FORMAT = `
The format: one JSON object a line, UTF-8, in any order. Times are whole nanoseconds since the run began, on one
monotonic clock. Fields that are not listed are kept and ignored; lists and objects stand in each other at most 500 deep.
Lines of other types than these have one that begins with "x-". A read needs the line of its scan, and no answer
(complete) comes before its question (invoke).

  run    version: 1, run, acks (0, 1, "all"), optional clientRetries (false; true: the client library
         sends again by itself), workerIsSession (true: what a worker sends goes
         through one producer in that order; false: it need not), dense (true: no offset may be empty), kafka (the version that ran, such as "3.9.1"),
         and what findings are judged against: minInsyncReplicas (2), replicationFactor (3),
         uncleanLeaderElection (false), idempotence (true; false where the client retries); what is not given is taken
         to be as it stands here in brackets, and the result says that it is assumed
  write  worker, seq, partition, invoke, complete (null: unknown), outcome ("ok", "sent", "fail", "info"),
         offset, optional error, attempts, intended, broker; the value is the pair (worker, seq)
  read   scan (name), partition, offset, worker, seq, optional invoke, complete,
         valid (false: its checksum or run id did not match)
  scan   scan, partition, from, end, covered, final, invoke, complete; a consumer's is not final, and its end is the
         position that it reached
  reset  scan, partition, time, from, to: a consumer went on from another position than the one it had reached
  end    partition, offset, invoke, complete: an end offset (high watermark) that was observed
  fault  id, kind, targets, start, stop (null: never healed; not before start), optional requested, verified
         (false: it was not seen to take effect; too many of those make the verdict inconclusive)
  view   time, partition, leader, epoch, isr: leader and isr are broker ids, as is broker in a write
  transaction  worker, number (from 0, of its worker), begin, end ("commit", "abort", "open"), invoke and complete (when its end
         was asked for, and answered; null: never), outcome ("committed", "aborted", "unknown"), optional producerId,
         epoch, endProducerId, endEpoch, error, attempts, answered
  marker scan, partition, offset, producerId, epoch, kind ("commit", "abort"), optional coordinatorEpoch, complete
  producer  invokeNs, timeNs, worker, transactionalId, producerId, epoch: a producer was given its id, which fences others
  member time, member, scan (the name of this life of it), what ("joined", "assigned", "paused", "continued", "killed",
         "left", "ended"), optional partitions, generation, id, reason: of a consumer group. A read of a member has the scan of its life
  offset-commit  member, scan, offsets ([{"partition": 0, "offset": 4}]), invoke, complete (null: unknown), outcome ("ok", "fail",
         "unknown"), optional generation, error, transaction ({"worker", "number"})
  offset-fetch  offsets (-1: none), invoke, complete, optional error, stable, final: what the coordinator told from outside of the group
  counts optional writes, reads, events (how many lines of each the file holds; everything else but run is an event)
         and crc32 (the sum, modulo 2^32, of the CRC-32 of each other line, without its line end)

A history with transactions begins with a line run of "version": 2, which may have "transactions": {"ids": [the
transactional id of each worker], "version": 1 or 2 (transaction.version), "timeoutMs": 60000, "stateMinInsyncReplicas":
2}. Then a write has transaction (the number of its worker's), a read of the final scan, which must show what is not
committed too, has producerId and epoch, a scan has stable (the last stable offset at its end), and of a reader that hides
what is not committed "isolation": "read_committed" and client (its library).

A history of a consumer group has in its line run "group": {"protocol": "classic" or "consumer", "commit": "manual",
"automatic" or "transaction"}, and what is known of the topic of offsets: "offsetsMinInsyncReplicas", "offsetsUncleanElection", "offsetsRetentionMs".

Where workers copy records in transactions, a line run of "version": 2 has "copies": {"partitions": 3}: partition p of the first
three is copied to partition p + 3. Each write of a copy has copyOf, the offset of the record that it is a copy of.

A scan with "isolation" ("read_committed", "read_uncommitted", "unknown") and "final": true is what a reader was given at the end, where
there is no account of the log with its markers: of transactions it shows less (docs/transactions.md, "Histories of Jepsen"). What a transaction polled before it asked for its end is a
scan with "within" ({"worker", "number"}).

EDN (a name that ends in .edn) is a history of Jepsen's Kafka workload: :send, :poll, :txn, :assign, :subscribe, :crash. All polls
together stand in for the final scan. Where it has transactions, each :ok was committed, each :fail aborted, and :info is unknown;
what consumers were to be given --isolation says.

A loss can be proven only in a partition with a scan of "final": true, "covered": true. Whether acks=1 permits it
depends on who led: without lines of type view that is not known, and the verdict on the contract is inconclusive.
What "kept export" writes ends with a line of type counts: a file that was cut, or changed since, is inconclusive. Where
its writes are not as many as it says, nothing in it is called lost or a phantom; where its checksum is another one,
nothing is accused. If it was you who changed it, remove that line, and "lines" from the field "kept" of the line run.

  {"type":"run","version":1,"run":"r1","acks":"all"}
  {"type":"write","worker":0,"seq":0,"partition":0,"invoke":1000,"complete":2000,"outcome":"ok","offset":0}
  {"type":"scan","scan":"final","partition":0,"from":0,"end":1,"covered":true,"final":true,"invoke":3000,"complete":4000}
  {"type":"read","scan":"final","partition":0,"offset":0,"worker":0,"seq":0,"complete":3500}`;

export function addImportCommand(program: Command): void {
  program
    .command('import')
    .argument(
      '<file>',
      'a history as NDJSON: another tool’s, or one that "kept export" wrote; or the EDN of Jepsen’s Kafka workload; also packed (.gz), or - for a pipe',
    )
    .argument('<directory>', 'the run directory to make; it must not hold a run yet')
    .description('make a run directory of a history in one file')
    .addOption(isolationOption())
    .addHelpText(
      'after',
      `
The directory can then be checked, drawn and exported as any recorded run. To decide once, there is no need of it:
"kept check FILE.ndjson" reads the file directly. A line that is wrong is refused with its number (exit status 64),
and nothing is made; nor is it when the import is interrupted, but for a draft, DIRECTORY.PID.new.
${FORMAT}

Examples:
  kept import history.ndjson store/imported
  kept import history.ndjson.gz store/packed
  ssh lab cat history.ndjson | kept import - store/piped
  kept check store/imported`,
    )
    .action(async (file: string, directory: string, how: HowToRead) => {
      const { importHistory } = await import('../interchange.ts');
      print(`${await importHistory(file, directory, how)}\n`);
    });
}
