import { grouped, moment, valueName } from '../../core/words.ts';
import type { Examination } from '../examination.ts';
import type { PartitionLog } from '../facts/partition.ts';
import type { ProducerSessions } from '../facts/producer-sessions.ts';
import { FOUND_TWICE } from '../columns/values.ts';

/**
 * Do the records of one producer session stand in the order in which it sent them? Going up through the offsets, a
 * record is out of order if some record of its session below it was sent later: so for each session the latest moment
 * so far is enough. Records that were sent at one moment may stand in any order, and so may copies.
 */
export class ProducerOrder {
  readonly #examination: Examination;
  readonly #log: PartitionLog;
  readonly #sessions: ProducerSessions;
  /** By worker, and by its session: what was sent last of all that stands below. */
  readonly #latest = new Map<number, Map<number, { invokeNs: number; offset: number; id: number }>>();

  constructor(examination: Examination, log: PartitionLog, sessions: ProducerSessions) {
    this.#examination = examination;
    this.#log = log;
    this.#sessions = sessions;
  }

  /** The next record of the log, going up. */
  pass(id: number, offset: number, invokeNs: number): void {
    const { values } = this.#examination;
    if ((values.stateOf(id) & FOUND_TWICE) !== 0) return;
    const worker = values.workerOf(id);
    const session = this.#sessions.sessionOf(worker, invokeNs);
    let sessions = this.#latest.get(worker);
    if (sessions === undefined) this.#latest.set(worker, (sessions = new Map()));
    const latest = sessions.get(session);
    if (latest === undefined) sessions.set(session, { invokeNs, offset, id });
    else if (latest.invokeNs <= invokeNs) {
      latest.invokeNs = invokeNs;
      latest.offset = offset;
      latest.id = id;
    } else this.#note(id, offset, invokeNs, latest);
  }

  #note(
    id: number,
    offset: number,
    invokeNs: number,
    later: { invokeNs: number; offset: number; id: number },
  ): void {
    const { counts, findings, values } = this.#examination;
    counts['producer-order']++;
    const cause = this.#examination.causesOf(this.#log).producerOrder;
    const [worker, seq] = [values.workerOf(id), values.seqOf(id)];
    const { partition } = this.#log;
    const group = findings.add('producer-order', null, partition, cause, offset, invokeNs, worker, seq);
    if (!group.wantsExample) return;
    const value = valueName(worker, seq);
    const other = valueName(worker, values.seqOf(later.id));
    const detail =
      `${value} was sent at ${moment(invokeNs)} and stands at offset ${grouped(offset)}; ` +
      `${other} was sent only at ${moment(later.invokeNs)} and stands at offset ${grouped(later.offset)}`;
    group.examples.push({ value, foundOffsets: [offset], detail });
  }
}
