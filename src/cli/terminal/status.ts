import { grouped } from '../../core/words.ts';
import { createColors } from 'picocolors';
import { NS_PER_SECOND } from '../../core/clock.ts';
import { describeFault } from '../../history/fault-words.ts';
import type { Event } from '../../history/event.ts';
import type { MemberEvent } from '../../history/group.ts';
import type { NodeInfo } from '../../history/run.ts';
import { controllerOf, newestClaim } from '../../nemesis/targets.ts';
import type { Progress } from '../../runner/progress.ts';
import { wantsColour } from './colour.ts';
import { safeStrings } from './safe-text.ts';
import { statusLine } from './status-line.ts';

/** What a person sees while a run goes on: a line per thing that happens, and a line that changes below them. */
export interface Status {
  progress(progress: Readonly<Progress>): void;
  event(event: Event): void;
  line(text: string): void;
  /** Removes the line that changes. */
  end(): void;
}

/** @param brief where it is one run of many: only a line that changes, which begins with these words. */
export function createStatus(
  stream: NodeJS.WriteStream & { fd: number },
  nodes: () => readonly NodeInfo[],
  brief?: string,
): Status {
  const status = statusLine(stream);
  const isSilent = brief !== undefined && !stream.isTTY;
  const colors = createColors(wantsColour(stream));
  let previous = { elapsedNs: 0, written: 0, perSecond: 0 };

  return {
    line: (text) => status.line(text),
    end: () => status.end(),
    event(event) {
      if (brief !== undefined) return;
      const text = describeEvent(safeStrings(event), colors);
      if (text !== null) status.line(text);
    },
    progress(progress) {
      if (isSilent || !status.isDue(progress.elapsedNs)) return;
      const written = progress.ok + progress.sent;
      const seconds = (progress.elapsedNs - previous.elapsedNs) / NS_PER_SECOND;
      if (seconds >= 1) {
        previous = {
          elapsedNs: progress.elapsedNs,
          written,
          perSecond: Math.round((written - previous.written) / seconds),
        };
      }
      const text = describeProgress(progress, previous.perSecond, nodes());
      status.draw(brief === undefined ? text : `${brief} · ${text.trimStart()}`);
    },
  };
}

function describeProgress(
  progress: Readonly<Progress>,
  perSecond: number,
  nodes: readonly NodeInfo[],
): string {
  const parts = [`${secondsOf(progress.elapsedNs)} ${progress.phase}`];
  if (progress.read > 0) parts.push(`${grouped(progress.read)} records read back`);
  else parts.push(`${grouped(perSecond)} acked/s`);
  parts.push(`ok ${progress.ok + progress.sent} fail ${progress.fail} info ${progress.info}`);
  const claim = progress.view && newestClaim(progress.view, 0);
  if (progress.view && claim) {
    const nameOf = (id: number) => nodes.find((node) => node.id === id)?.name ?? String(id);
    parts.push(`leader ${nameOf(claim.leader)} isr ${claim.isr.toSorted((a, b) => a - b).join(',')}`);
    parts.push(`controller ${nameOf(controllerOf(progress.view, nodes))}`);
  }
  if (progress.faults.length > 0)
    parts.push(progress.faults.map((fault) => describeFault(fault.fault)).join(' + '));
  return parts.join(' · ');
}

function describeEvent(event: Event, colors: ReturnType<typeof createColors>): string | null {
  switch (event.type) {
    case 'phase':
      return colors.dim(`${secondsOf(event.timeNs)} ${event.name}`);
    case 'fault-start':
      return colors.yellow(
        `${secondsOf(event.timeNs)} ${describeFault(event.fault)}${event.targets.length > 0 ? `: ${event.targets.join(', ')}` : ''} (${event.evidence})`,
      );
    case 'fault-stop':
      return colors.green(`${secondsOf(event.timeNs)} healed ${event.id} (${event.evidence})`);
    case 'fault-failed':
      return colors.red(
        `${secondsOf(event.timeNs)} could not ${describeFault(event.fault)}: ${event.reason}`,
      );
    case 'fault-skipped':
      return colors.dim(`${secondsOf(event.timeNs)} left out ${describeFault(event.fault)}: ${event.reason}`);
    case 'gap':
      return event.toNs === null
        ? colors.dim(`${secondsOf(event.timeNs)} a watch observes nothing (${event.watch}): ${event.reason}`)
        : null;
    case 'mark':
      return colors.yellow(
        `${secondsOf(event.timeNs)} by hand${event.mark === 'moment' ? '' : `, ${event.mark}`}: ${event.text}`,
      );
    case 'note':
      return colors.dim(`${secondsOf(event.timeNs)} ${event.text}`);
    case 'member':
      return describeMember(event, colors);
    case 'offset-commit':
    case 'offset-fetch':
    case 'clock':
    case 'producer':
    case 'produced':
    case 'node':
    case 'view':
    case 'controller':
    case 'end':
    case 'scan':
    case 'reset':
    case 'log':
    case 'repetition':
      return null;
  }
}

/** Null of what comes with every change of the others. */
function describeMember(
  { timeNs, member, what, reason }: MemberEvent,
  colors: ReturnType<typeof createColors>,
): string | null {
  if (what === 'assigned') return null;
  const why = reason === undefined ? '' : ` (${reason})`;
  return colors.dim(`${secondsOf(timeNs)} member ${member} of the group ${what}${why}`);
}

function secondsOf(timeNs: number): string {
  return `${(timeNs / NS_PER_SECOND).toFixed(1).padStart(6)} s`;
}
