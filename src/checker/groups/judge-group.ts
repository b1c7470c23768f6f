import { NS_PER_MS, NS_PER_SECOND } from '../../core/clock.ts';
import { clause, counted, grouped, moment, valueName } from '../../core/words.ts';
import type { Event } from '../../history/event.ts';
import { eventsOf } from '../../history/events-of.ts';
import { isUnderFault } from '../../history/fault-spans.ts';
import type { GroupInfo, OffsetCommitEvent, OffsetFetchEvent } from '../../history/group.ts';
import type { Run } from '../../history/run.ts';
import type { Examination } from '../examination.ts';
import { doneByHand } from '../facts/by-hand.ts';
import { mayMissRows, mayMissTransactions } from '../facts/completeness.ts';
import type { Cause } from '../findings/grouping.ts';
import { intactUpTo } from './cut-logs.ts';
import { Handed } from './handed.ts';
import { rulingOnGroup, type GroupFinding } from './rulings.ts';
import { skippedRecords } from './skipped.ts';
import { wrongAnswers, type Answer, type Commit, type WrongAnswer } from './wrong-answers.ts';
import { zombieCommits } from './zombie-commits.ts';

/**
 * Did a consumer group keep what Kafka promises of it: each record handed out at least once, and committed offsets kept? Commits
 * are held against what the group told from outside, and what its members were handed against the log. Definitions stand in
 * docs/findings.md.
 */
export function judgeGroup(examination: Examination, run: Run): void {
  const { group } = run.info;
  const commits = eventsOf(run.events, 'offset-commit');
  if (group === undefined) {
    if (commits.length > 0)
      examination.doubts.push(
        'The history tells of a consumer group, but not in its line "run" which one, so nothing is said about it.',
      );
    return;
  }
  new GroupJudge(examination, run, group).judge();
}

/**
 * So long after a fault a coordinator that was replaced may not have noticed. It answers with what it knew: nobody asks a quorum
 * what was committed.
 */
const UNSETTLED_NS = 30 * NS_PER_SECOND;

/**
 * A commit that was answered so soon was sent once: before libraries send one again they wait for 100 ms (retry.backoff.ms), less a
 * fifth at most.
 */
const SENT_ONCE_NS = 80 * NS_PER_MS;

class GroupJudge {
  readonly #examination: Examination;
  readonly #run: Run;
  readonly #group: GroupInfo;
  readonly #commits: readonly OffsetCommitEvent[];
  readonly #fetches: readonly OffsetFetchEvent[];
  readonly #causes = new Map<GroupFinding, Cause>();
  /** Answers that were out of date while a coordinator may not have noticed that it was replaced. */
  #stale = 0;

  constructor(examination: Examination, run: Run, group: GroupInfo) {
    this.#examination = examination;
    this.#run = run;
    this.#group = group;
    this.#commits = eventsOf(run.events, 'offset-commit');
    this.#fetches = eventsOf(run.events, 'offset-fetch');
  }

  judge(): void {
    const { doubts } = this.#examination;
    const members = eventsOf(this.#run.events, 'member');
    const handed = new Handed(this.#run, this.#lives());
    // What was asked for and not answered when the run was cut short stands nowhere.
    const isCutShort = this.#run.info.status === 'running' || this.#run.info.status === 'failed';
    if (isCutShort || mayMissRows(this.#run, 'events')) {
      doubts.push('Commits may be missing from the history, so what the group had committed is not judged.');
    } else if (this.#group.commit !== 'automatic') {
      this.#judgeAnswers();
      this.#judgeZombies();
      if (!this.#commits.some(({ outcome }) => outcome === 'ok'))
        doubts.push('No member of the group committed anything, so there was nothing to keep.');
    }
    if (handed.count === 0) doubts.push('No member of the group was handed anything.');
    // A marker that is missing lets the next one of its producer say what became of the records before it.
    if (mayMissRows(this.#run, 'reads') || mayMissRows(this.#run, 'events') || mayMissTransactions(this.#run))
      doubts.push('Rows of the history are missing, so nothing is said about what no member was handed.');
    else this.#judgeSkipped(handed);
    doubts.push(...stuckIn(this.#run.events));
    const count = (what: (typeof members)[number]['what']) =>
      members.filter((event) => event.what === what).length;
    const outcomes = (outcome: OffsetCommitEvent['outcome']) =>
      this.#commits.filter((event) => event.outcome === outcome).length;
    this.#examination.group = {
      members: new Set(members.map(({ member }) => member)).size,
      lives: count('joined'),
      assignments: count('assigned'),
      killed: count('killed'),
      paused: count('paused'),
      left: count('left'),
      handed: handed.count,
      handedAgain: handed.again,
      windowMax: handed.windowMax,
      commits: { ok: outcomes('ok'), fail: outcomes('fail'), unknown: outcomes('unknown') },
      answers: this.#fetches.filter(({ error }) => error === null).length,
      staleAnswers: this.#stale,
    };
  }

  #judgeAnswers(): void {
    const commits = new Map<number, Commit[]>();
    for (const event of this.#commits) {
      const { offsets, invokeNs, completeNs, outcome } = event;
      if (outcome === 'fail') continue;
      const doneNs = outcome === 'ok' ? completeNs : Infinity;
      const mayComeAgain = this.#mayComeAgain(event);
      for (const { partition, offset } of offsets)
        put(commits, partition, { offset, invokeNs, doneNs, mayComeAgain });
    }
    const answers = new Map<number, Told[]>();
    for (const { offsets, invokeNs, completeNs, stable, final = false } of this.#fetches) {
      // A transaction is answered before its offsets are: only who asks for what is decided is told of them for certain.
      if (!stable && this.#group.commit === 'transaction') continue;
      for (const { partition, offset } of offsets)
        put(answers, partition, { offset, invokeNs, completeNs, isFinal: final });
    }
    for (const [partition, told] of answers)
      for (const wrong of wrongAnswers(commits.get(partition) ?? [], told))
        this.#judgeAnswer(partition, wrong);
  }

  /** What was sent first may arrive last. Under version 2 one of a transaction that is over is refused. */
  #mayComeAgain({ invokeNs, completeNs, transaction }: OffsetCommitEvent): boolean {
    if (transaction !== undefined && this.#run.info.transactions?.version === 2) return false;
    return completeNs - invokeNs >= SENT_ONCE_NS;
  }

  #judgeAnswer(partition: number, { kind, answer, latest }: WrongAnswer<Told>): void {
    if (kind === 'offset-lost' && this.#mayBeForgotten(answer, latest!)) return;
    if (!answer.isFinal && kind !== 'offset-phantom' && this.#mayBeUnsettled(answer)) {
      this.#stale++;
      return;
    }
    const when = `at ${moment(answer.completeNs)}${answer.isFinal ? ', in the end,' : ''}`;
    const told = answer.offset < 0 ? 'no offset' : `offset ${grouped(answer.offset)}`;
    const committed =
      latest === null
        ? 'nothing had been committed'
        : `offset ${grouped(latest.offset)} had been committed from ${moment(latest.invokeNs)} to ${moment(latest.doneNs)}`;
    const why = kind === 'offset-phantom' ? `no member ever committed it; ${committed}` : committed;
    this.#count(kind, partition, {
      offset: Math.max(answer.offset, -1),
      timeNs: answer.completeNs,
      value: `partition ${partition}`,
      detail: `${when} the coordinator told ${told}; ${why}`,
    });
  }

  /** Offsets of a group without members are forgotten after a while. */
  #mayBeForgotten({ completeNs }: Answer, { invokeNs }: Commit): boolean {
    const { offsetsRetentionMs: retentionMs } = this.#group;
    return retentionMs === null || completeNs - invokeNs >= retentionMs * NS_PER_MS;
  }

  #mayBeUnsettled({ invokeNs, completeNs }: Answer): boolean {
    const sinceNs = invokeNs - UNSETTLED_NS;
    const { faults } = this.#examination;
    if (isUnderFault(faults, sinceNs)) return true;
    if (faults.some(({ fromNs }) => fromNs >= sinceNs && fromNs <= completeNs)) return true;
    return doneByHand(this.#run.events).some(({ toNs }) => toNs >= sinceNs);
  }

  #judgeZombies(): void {
    // With the other protocol epochs are of members, and say nothing of each other.
    if (this.#group.protocol !== 'classic') return;
    const commits = this.#commits.flatMap(({ generation, outcome, invokeNs, completeNs, member, offsets }) =>
      outcome === 'ok' && generation !== null
        ? [{ generation, invokeNs, doneNs: completeNs, member, offsets }]
        : [],
    );
    for (const { commit, later } of zombieCommits(commits)) {
      const [{ partition, offset } = { partition: 0, offset: -1 }] = commit.offsets;
      this.#count('zombie-offset', partition, {
        offset,
        timeNs: commit.invokeNs,
        value: `member ${commit.member}`,
        detail: `it committed in generation ${commit.generation} from ${moment(commit.invokeNs)} to ${moment(commit.doneNs)}; member ${later.member} had committed in generation ${later.generation} by ${moment(later.doneNs)}`,
      });
    }
  }

  #judgeSkipped(handed: Handed): void {
    if (this.#group.commit === 'automatic' && this.#mayHaveCommittedUnseen()) return;
    const last = this.#fetches.findLast(({ final }) => final === true);
    if (last === undefined) {
      const error = this.#fetches.at(-1)?.error ?? null;
      this.#examination.doubts.push(
        `What the group had committed in the end is not known${error === null ? '' : ` (${error})`}, so nothing is said about records that no member was handed.`,
      );
      return;
    }
    const committed = new Map(last.offsets.map(({ partition, offset }) => [partition, offset]));
    const intact = intactUpTo(this.#examination, this.#run, this.#lives());
    let unjudged = 0;
    for (const { partition, offset, worker, seq } of skippedRecords(this.#run, committed, handed)) {
      if (offset >= (intact.get(partition) ?? Infinity)) {
        unjudged++;
        continue;
      }
      this.#count('group-skipped', partition, {
        offset,
        timeNs: -1,
        worker,
        seq,
        value: valueName(worker, seq),
        detail: `the group has committed offset ${grouped(committed.get(partition)!)}, and no member was handed this record`,
      });
    }
    if (unjudged > 0)
      this.#examination.doubts.push(
        `Whether members went past ${counted(unjudged, 'record')} that no member was handed is not judged: the log was cut off and has grown again since.`,
      );
  }

  /** The scan numbers of the members' lives. */
  #lives(): Set<number> {
    return new Set(eventsOf(this.#run.events, 'member').map(({ scan }) => scan));
  }

  /** A library that commits by itself may have committed what it had handed out to a process that is gone. */
  #mayHaveCommittedUnseen(): boolean {
    return eventsOf(this.#run.events, 'member').some(({ what }) => what === 'killed' || what === 'ended');
  }

  #count(
    kind: GroupFinding,
    partition: number,
    told: { offset: number; timeNs: number; worker?: number; seq?: number; value: string; detail: string },
  ): void {
    const { findings, counts, power, faults } = this.#examination;
    let cause = this.#causes.get(kind);
    if (cause === undefined) {
      cause = { ruling: rulingOnGroup(kind, { group: this.#group, power, faults }) };
      this.#causes.set(kind, cause);
    }
    counts[kind]++;
    const { offset, timeNs, worker = -1, seq = -1 } = told;
    const found = findings.add(kind, null, partition, cause, offset, timeNs, worker, seq);
    if (found.wantsExample) found.examples.push({ value: told.value, detail: told.detail });
  }
}

interface Told extends Answer {
  isFinal: boolean;
}

function put<T>(lists: Map<number, T[]>, key: number, item: T): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [item]);
  else list.push(item);
}

/** That the group did not come to the end is no word about safety, but what it would have been handed has not been tested. */
function stuckIn(events: readonly Event[]): string[] {
  const stuck = eventsOf(events, 'note').filter(
    ({ about, text }) => about === 'stuck' && text.startsWith(STUCK),
  );
  return stuck.length === 0 ? [] : [`The group was stuck: ${clause(stuck[0]!.text.slice(STUCK.length))}.`];
}

const STUCK = 'stuck-group: ';
