import { NS_PER_MS, type Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { seconds } from '../../core/words.ts';
import type { FromLoader, Part, Report, ToLoader } from './protocol.ts';

/** Another process that writes, as the process of the run sees it: of this machine, or of another host. */
export interface Loader {
  /** The name of the host that it is on; null for this machine. */
  readonly place: string | null;
  readonly pid: number | undefined;
  isGone(): boolean;
  /**
   * Has it open its sessions with the cluster.
   * @throws Failure where it could not be started, could not reach the cluster, or has a clock that cannot be related to this one
   */
  open(part: Omit<Part, 'clockStartNs' | 'isClockApart'>, clock: Clock): Promise<void>;
  tell(message: ToLoader): void;
  /**
   * Until it has told everything, or is gone. One that says nothing for too long is ended: it hangs, or was stopped.
   * @returns null when it has told everything; else how it ended, as the end of a sentence.
   */
  follow(
    onReport: (report: Report) => void,
    options: { clock: Clock; silenceMaxMs: number; stop: AbortSignal },
  ): Promise<string | null>;
  /** Whether what it tells does not arrive at this moment. */
  isOutOfReach(): boolean;
  /** Once it is gone: the number behind the last write that a worker has begun; null where that cannot be known. */
  begunBy(worker: number): Promise<number | null>;
  /** Once it has told everything, or is gone: its times are right to so much; null where that is not known. */
  clockUncertaintyNs(): number | null;
  /** Has it close its sessions, or ends it after a while. Resolves when it is gone. */
  close(clock: Clock): Promise<void>;
}

export function failureOf({ message, hint }: Extract<FromLoader, { kind: 'failed' }>): Failure {
  return new Failure(message, hint === undefined ? {} : { hint });
}

/** @throws Failure where a process that is to have this machine's clock read another one. */
export function assertBetween(
  { nowNs }: { nowNs: number },
  { askedNs, toldNs }: { askedNs: number; toldNs: number },
): void {
  if (nowNs >= askedNs && nowNs <= toldNs) return;
  throw new Failure(
    `the clock of a load process is not that of this process: it read ${nowNs} ns between ${askedNs} and ${toldNs}`,
    { hint: 'the order of writes could not be judged; leave --processes and --load-hosts out' },
  );
}

export function silentFor(silenceMaxMs: number): string {
  return `said nothing for ${seconds(silenceMaxMs * NS_PER_MS)} and was ended`;
}
