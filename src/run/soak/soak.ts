import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { NS_PER_MS, wallClock } from '../../core/clock.ts';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import { atPath } from '../../core/paths.ts';
import { freshId } from '../../core/random.ts';
import { clause } from '../../core/words.ts';
import { PERIOD_PREFIX } from '../../history/layout.ts';
import type { Plan } from '../plan.ts';
import { moveAside } from '../move-aside.ts';
import { listenForStop } from '../stopping.ts';
import { collectGarbage } from './memory.ts';
import { bytesIn, shrinkStore } from './store-room.ts';
import { dataDirectoryOf, openGrounds, type Grounds } from './grounds.ts';
import type { Judged, PeriodLine } from '../../report/soak/period-line.ts';
import { judgeApart, judgeHere, type Judge } from './judges.ts';
import { appendPeriod, firstOpenPeriod, ledgerLines } from './ledger.ts';
import { leftOverLine, lineOf, outcomeOf } from './new-line.ts';
import { drawPeriod, type PeriodPlan } from './period-plan.ts';
import { recordPeriod, type RecordedPeriod } from './record-period.ts';
import { periodSignals } from './period-signals.ts';
import { readSoakFile, type SoakInfo } from './soak-file.ts';
import type { SoakReporter } from './soak-reporter.ts';
import { watchDirectory } from './vanished.ts';
import { withoutLine, type WithoutLine } from './without-line.ts';

/** So many periods in a row may come to nothing: then another one would not do better. */
const FAILURES_MAX = 2;

/**
 * Carries out the periods of a soak until its time is over, a person stops it, or what it was told to stop on has come. Each
 * period is recorded while the one before it is judged by another process; a line of the ledger says what it came to.
 * @returns the exit status so far: 1 once a period is invalid, 2 where it had to end before its time.
 * @throws Failure where the cluster does not come up.
 */
export async function carryOutSoak(plan: Plan, reporter: SoakReporter): Promise<number> {
  const soak = new Soak(plan, reporter);
  await soak.run();
  if (process.exitCode === EXIT.invalid) return EXIT.invalid;
  return soak.hadToEnd ? EXIT.inconclusive : EXIT.valid;
}

class Soak {
  readonly #plan: Plan;
  readonly #info: SoakInfo;
  readonly #reporter: SoakReporter;
  readonly #judge: Judge;
  readonly #stopping;
  /** Ends the period that goes on because of what an earlier one has shown. */
  readonly #enough = new AbortController();
  #testedMs: number;
  #failuresInARow = 0;
  /** Periods that are to be carried out once more, before any new one. */
  #again: number[] = [];
  /** Each of them once in the life of this process. */
  readonly #repeated = new Set<number>();
  #judging: Promise<void> = Promise.resolve();
  /** What keeps the soak from going on, in a sentence. */
  #ending: string | null = null;
  /** What has become of its directory; null while it is there. */
  readonly #vanished: () => string | null;

  constructor(plan: Plan, reporter: SoakReporter) {
    this.#plan = plan;
    this.#info = readSoakFile(plan.directory);
    this.#reporter = reporter;
    this.#judge = plan.world.kind === 'simulated' ? judgeHere(plan.claim) : judgeApart(plan.claim);
    this.#stopping = listenForStop((text) => reporter.say(`${text}\n`));
    this.#vanished = watchDirectory(plan.directory);
    this.#testedMs = 0;
    for (const line of ledgerLines(plan.directory)) this.#testedMs += testedMs(line);
  }

  get hadToEnd(): boolean {
    return this.#ending !== null;
  }

  async run(): Promise<void> {
    const { directory } = this.#plan;
    const { stop, abort } = this.#stopping;
    let grounds: Grounds | null = null;
    try {
      await this.#judgeLeftOver();
      grounds = await openGrounds(this.#plan);
      for (let next = firstOpenPeriod(directory); await this.#goesOn();) {
        this.#makeRoom();
        const period = this.#again.shift() ?? next++;
        await this.#carryOut(grounds, drawPeriod(this.#plan.scenario, this.#info.seed, period));
        if (stop.aborted || abort.aborted) break;
      }
      await this.#judging;
    } catch (error) {
      if (!this.#endsVanished()) throw error;
    } finally {
      this.#judge.close();
      this.#reporter.end();
      await grounds?.close().catch((error: unknown) => {
        this.#reporter.say(`kept: the cluster could not be taken down in good order: ${messageOf(error)}.\n`);
      });
      this.#stopping.close();
    }
    // That the directory has vanished is told by the one who began the soak, who sees it sooner.
    if (this.#ending !== null && this.#vanished() === null) this.#reporter.say(`kept: ${this.#ending}.\n`);
  }

  /** Whether the directory is gone. Then nothing else matters, and whatever else fails has this for its reason. */
  #endsVanished(): boolean {
    const vanished = this.#vanished();
    if (vanished === null) return false;
    this.#ending = vanished;
    this.#enough.abort();
    return true;
  }

  /** The last period that was recorded may have to be carried out again. */
  async #goesOn(): Promise<boolean> {
    if (!this.#mayBegin()) await this.#judging;
    return this.#mayBegin();
  }

  #mayBegin(): boolean {
    const { durationMs } = this.#plan.soak!;
    if (this.#ending !== null || this.#stopping.stop.aborted) return false;
    return durationMs === null || this.#testedMs < durationMs;
  }

  /**
   * What a tool that was killed has left. A period that was recorded to its end is judged like any other. One that was cut off
   * is set aside and carried out again; what it proves is taken down all the same.
   */
  async #judgeLeftOver(): Promise<void> {
    const { directory } = this.#plan;
    for (const { ended, period, directory: kept } of ledgerLines(directory))
      if (ended !== 'cut-short' && kept === null) this.#drop(join(directory, `${PERIOD_PREFIX}${period}`));
    for (const left of withoutLine(directory, ledgerLines(directory))) await this.#judgeOne(left);
    this.#again = cutShortBefore(firstOpenPeriod(directory), directory);
  }

  async #judgeOne(left: WithoutLine): Promise<void> {
    const { directory } = this.#plan;
    const judged = await this.#judged(join(directory, left.name));
    const drawn = drawPeriod(this.#plan.scenario, this.#info.seed, left.period);
    const line = leftOverLine(drawn, judged, left);
    const isToMove = line.ended === 'cut-short' && !left.isAside;
    const kept = isToMove ? moveAside(join(directory, left.name)) : join(directory, left.name);
    await this.#writeAndDrop({ ...line, directory: nameIn(directory, kept) }, kept);
    this.#testedMs += testedMs(line);
  }

  async #carryOut(grounds: Grounds, drawn: PeriodPlan): Promise<void> {
    const directory = join(this.#plan.directory, `${PERIOD_PREFIX}${drawn.period}`);
    atPath(directory, 'made', () => mkdirSync(directory));
    const run = freshId();
    const plan: Plan = {
      ...this.#plan,
      run,
      topic: `kept-${run}`,
      scenario: drawn.scenario,
      schedule: drawn.schedule,
      seed: drawn.seed,
      directory,
    };
    const startedAt = wallClock();
    const signals = periodSignals([this.#stopping.stop, this.#enough.signal], [this.#stopping.abort]);
    const recorded = await recordPeriod({
      plan,
      ...grounds.next(plan),
      onRecorder: (record) => grounds.onEvent(record),
      onProgress: (progress, nodes) => this.#reporter.progress(drawn, progress, nodes),
      onEvent: (event) => this.#reporter.event(drawn, event),
      say: (text) => {
        if (!this.#endsVanished()) this.#reporter.say(text);
      },
      liveWithinMs: this.#plan.scenario.soak!.liveWithinMs,
      stop: signals.stop,
      abort: signals.abort,
    });
    signals.over();
    if (!this.#stopping.stop.aborted) this.#testedMs += recorded.awakeMs;
    grounds.onEvent(() => undefined);
    if (this.#plan.world.kind !== 'simulated') collectGarbage();
    const isVain = recorded.failure !== null && recorded.attempted === 0 && !recorded.stopped;
    if (recorded.stuck !== null || isVain) await this.#recover(grounds);
    await this.#judging;
    const base = {
      ...lineOf(drawn, { startedAt, directory: nameIn(this.#plan.directory, directory) }),
      asleepMs: recorded.asleepMs,
    };
    this.#judging = this.#conclude(base, directory, recorded);
    // In virtual time there is no next period to lose time for.
    if (this.#plan.world.kind === 'simulated') await this.#judging;
  }

  /** Judges a period, takes down what it came to, and leaves of it what is to be kept. Never rejects. */
  async #conclude(base: PeriodLine, directory: string, recorded: RecordedPeriod): Promise<void> {
    try {
      if (this.#endsVanished()) return;
      const { stopped } = recorded;
      if (stopped && recorded.attempted === 0) {
        // It was to begin when the end came: there is nothing that anybody could look at.
        rmSync(directory, { recursive: true, force: true });
        return;
      }
      const outcome = outcomeOf(await this.#judged(directory));
      const again = stopped || this.#isSleptThrough(recorded, outcome.judged, base.period);
      const line: PeriodLine = {
        ...base,
        ...outcome,
        ended: again ? 'cut-short' : recorded.failure !== null ? 'failed' : 'complete',
        failure: recorded.failure ?? outcome.failure,
        stuck: recorded.asleepMs > 0 ? null : recorded.stuck,
      };
      if (line.judged?.result.verdict === 'invalid') await this.#saveData(recorded, directory);
      // It is carried out again, if the soak goes on.
      const place = again ? moveAside(directory) : directory;
      await this.#writeAndDrop({ ...line, directory: nameIn(this.#plan.directory, place) }, place);
      this.#weigh(line, recorded);
    } catch (error) {
      if (this.#endsVanished()) return;
      this.#ending ??= messageOf(error);
      this.#enough.abort();
    } finally {
      await recorded.world?.close().catch((error: unknown) => {
        this.#reporter.say(
          `kept: the topic of period ${base.period} is still there: ${clause(messageOf(error))}.\n`,
        );
      });
    }
  }

  /**
   * Whether a period says nothing because the machine was asleep meanwhile: then it is carried out again, once. What it proves
   * counts all the same.
   */
  #isSleptThrough(recorded: RecordedPeriod, judged: Judged | null, period: number): boolean {
    const isOpen = judged === null || judged.result.verdict === 'inconclusive';
    if (recorded.asleepMs === 0 || !isOpen || this.#repeated.has(period)) return false;
    this.#repeated.add(period);
    this.#again.push(period);
    this.#testedMs -= recorded.awakeMs;
    return true;
  }

  async #saveData({ world }: RecordedPeriod, directory: string): Promise<void> {
    await world?.saveData?.(dataDirectoryOf(directory)).catch((error: unknown) => {
      this.#reporter.say(
        `kept: what the brokers had on their disks could not be copied: ${messageOf(error)}.\n`,
      );
    });
  }

  /** Whether the soak is to go on after this. */
  #weigh(line: PeriodLine, recorded: RecordedPeriod): void {
    const verdict = line.judged?.result.verdict ?? 'inconclusive';
    if (verdict === 'invalid') process.exitCode = EXIT.invalid;
    const { stopOn } = this.#info;
    const isWorse = verdict === 'invalid' || (stopOn === 'inconclusive' && verdict === 'inconclusive');
    if (stopOn !== null && isWorse && line.ended === 'complete') {
      this.#ending ??= `it stops here, because period ${line.period} is ${verdict}`;
      this.#enough.abort();
    }
    if (recorded.failure !== null && isDiskFull(recorded.failure)) this.#makeRoomOnDisk();
    this.#failuresInARow = line.ended === 'failed' && recorded.attempted === 0 ? this.#failuresInARow + 1 : 0;
    if (this.#failuresInARow >= FAILURES_MAX) {
      this.#ending ??= `it ends here, because ${FAILURES_MAX} periods in a row came to nothing: ${line.failure}`;
      this.#enough.abort();
    }
  }

  /** The line comes first: what was proven must not be gone if the end comes between the two. */
  async #writeAndDrop(line: PeriodLine, place: string): Promise<void> {
    const { keep } = this.#info;
    const isClean =
      line.judged?.result.verdict === 'valid' && line.stuck === null && line.ended === 'complete';
    const drops = keep === 'none' || (keep === 'failures' && isClean);
    if (keep === 'all' && isClean) await this.#pack(place);
    const written = { ...line, historyBytes: bytesIn(place), ...(drops && { directory: null }) };
    appendPeriod(this.#plan.directory, written);
    this.#reporter.period(written);
    if (drops) this.#drop(place);
  }

  /** Proven clean, it will hardly be read again. The judging process does it, so that the load goes on evenly. */
  async #pack(place: string): Promise<void> {
    await this.#judge.pack(place).catch((error: unknown) => {
      this.#reporter.say(`kept: ${place} could not be packed, and stays as it is: ${messageOf(error)}.\n`);
    });
  }

  #drop(place: string): void {
    rmSync(place, { recursive: true, force: true });
  }

  async #judged(directory: string): Promise<Judged | Failure> {
    try {
      return await this.#judge.judge(directory);
    } catch (error) {
      return error instanceof Failure ? error : new Failure(messageOf(error));
    }
  }

  /** A cluster that did not settle gets one chance: whatever is down is started again. */
  async #recover(grounds: Grounds): Promise<void> {
    const done = await grounds.recover().catch((error: unknown) => [messageOf(error)]);
    for (const what of done) this.#reporter.say(`The cluster did not settle by itself. ${what}\n`);
  }

  /** What a full disk has cost can be tried again where clean histories make room. */
  #makeRoomOnDisk(): void {
    const { dropped } = shrinkStore(this.#plan.directory, bytesIn(this.#plan.directory) / 2);
    if (dropped.length > 0)
      this.#reporter.say(`The disk is full. Dropped to make room: ${dropped.join(', ')}.\n`);
    else {
      this.#ending ??=
        'it ends here, because the disk is full, and no clean history is left that could make room';
      this.#enough.abort();
    }
  }

  #makeRoom(): void {
    const { storeMaxBytes } = this.#info;
    if (storeMaxBytes === null) return;
    const room = shrinkStore(this.#plan.directory, storeMaxBytes);
    if (room.dropped.length > 0)
      this.#reporter.say(`Dropped to keep within --store-max: ${room.dropped.join(', ')}.\n`);
    if (room.bytes > storeMaxBytes)
      this.#ending ??= `it ends here, because what it has to keep fills --store-max`;
  }
}

const nameIn = (parent: string, directory: string): string => directory.slice(parent.length + 1);

/** Earlier ones that were cut short, and that have not been carried out since. */
function cutShortBefore(first: number, directory: string): number[] {
  const cut = new Set<number>();
  const over = new Set<number>();
  for (const { ended, period } of ledgerLines(directory)) (ended === 'cut-short' ? cut : over).add(period);
  return [...cut].filter((period) => period < first && !over.has(period)).toSorted((a, b) => a - b);
}

/** Time under load that counts. */
function testedMs({ ended, judged }: PeriodLine): number {
  return ended === 'cut-short' ? 0 : (judged?.lengthNs ?? 0) / NS_PER_MS;
}

const isDiskFull = (failure: string): boolean => /disk is full|ENOSPC|EDQUOT/.test(failure);
