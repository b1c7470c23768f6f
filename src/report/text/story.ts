import { counted, grouped, moment, valueName } from '../../core/words.ts';
import { describeFault } from '../../history/fault-words.ts';
import { wordsOf } from '../../history/faults/words.ts';
import { writeAt } from '../../history/columns/columns.ts';
import type { Event, FaultStartEvent, ViewEvent } from '../../history/event.ts';
import type { Run } from '../../history/run.ts';
import type { Write } from '../../history/write.ts';
import type { Result } from '../../checker/result.ts';
import { byCause, type CauseGroup, gravest } from './causes.ts';
import { cutInWords } from './story-cuts.ts';
import { readerSteps, type Step } from './story-readers.ts';
import { faultInScope, type Scope, scopeOf } from './story-scope.ts';

/**
 * A run as a story in numbered sentences: what was struck, who led, what was written, answered and read, which log was
 * cut and why, and what became of it. It keeps to the partition of the gravest finding and to the nodes that matter for
 * it. For small runs, above all those that shrinking leaves; of a large one only the writes are told that this finding
 * is about.
 */
export function storyOf(run: Run, result: Result): string[] {
  const names = namesOf(run);
  const worst = gravest(result);
  const scope = scopeOf(run.info, run.events, worst?.partition ?? 0);
  const findings = result.findings.filter(({ partition }) => partition === scope.partition);
  const values = new Set(worst?.examples.map(({ value }) => value));
  const told = result.counts.attempted <= WRITES_ALL ? null : values;
  const struck = run.events.flatMap((event) =>
    event.type === 'fault-start' ? faultInScope(scope, event) : [],
  );
  const steps = [
    ...faultSteps(run.events, struck),
    ...leaderSteps(run, names, scope),
    ...truncationSteps(run, scope),
    ...writeSteps(run, names, scope, told),
    ...readerSteps(run, scope.partition, told, findings),
  ].toSorted((a, b) => a.timeNs - b.timeNs);
  const shown = steps.length > STEPS_MAX ? [...steps.slice(0, STEPS_MAX - 1), null] : steps;
  const sentences = shown.map((step) =>
    step === null
      ? `… ${grouped(steps.length - STEPS_MAX + 1)} more steps`
      : `${step.text} at ${moment(step.timeNs)}`,
  );
  const elsewhere = result.findings.length - findings.length;
  if (elsewhere > 0) sentences.push(`${counted(elsewhere, 'finding')} in other partitions: not told here`);
  const causes = byCause({ findings }).slice(0, FINDINGS_MAX);
  return [...sentences, ...causes.map((cause) => ending(cause))].map(
    (text, index) => `${index + 1}. ${text}`,
  );
}

const STEPS_MAX = 60;
const FINDINGS_MAX = 5;
/** Runs with no more writes than this are told whole. */
const WRITES_ALL = 12;
const WRITES_MAX = 20;

/** Names of brokers by id. */
type Names = ReadonlyMap<number, string>;

function namesOf(run: Run): Names {
  return new Map(run.info.nodes.flatMap(({ id, name }) => (id === null ? [] : [[id, name]])));
}

/** @param struck the faults that are told. */
function faultSteps(events: readonly Event[], struck: readonly FaultStartEvent[]): Step[] {
  const told = new Map(struck.map((event) => [event.id, event]));
  const strikes = struck.map((event) => ({ timeNs: event.timeNs, text: strikeInWords(event) }));
  const heals = events.flatMap((event): Step[] => {
    const start = event.type === 'fault-stop' ? told.get(event.id) : undefined;
    if (event.type !== 'fault-stop' || start === undefined) return [];
    return [{ timeNs: event.timeNs, text: healInWords(start) }];
  });
  return [...strikes, ...heals];
}

const STRUCK: Record<string, string> = {
  kill: 'killed',
  stop: 'shut down in good order',
  pause: 'paused',
  'power-loss': 'lost power',
};
const UNDONE: Record<string, string> = { pause: 'goes on' };

function strikeInWords({ fault, targets, links }: FaultStartEvent): string {
  if (!('target' in fault)) return `network split (${describeFault(fault)}): ${pairsOf(links)}`;
  const who = whoOf(fault.target, targets);
  const peers = peersOf(targets, links);
  const own = wordsOf(fault);
  if (own !== null) return own.struck(who, listOf(peers));
  if (fault.kind !== 'isolate') return `${who} ${STRUCK[fault.kind] ?? `struck (${fault.kind})`}`;
  const direction = {
    both: '',
    inbound: ', which can only send',
    outbound: ', which can only receive',
  }[fault.direction];
  return `${who}${direction} cut from ${listOf(peers)}`;
}

function healInWords({ fault, targets, links }: FaultStartEvent): string {
  if (!('target' in fault)) return `network whole again: ${pairsOf(links)}`;
  const own = wordsOf(fault);
  if (own !== null) return own.healed(listOf(targets), listOf(peersOf(targets, links)));
  if (fault.kind === 'isolate') return `${listOf(targets)} connected again`;
  return `${listOf(targets)} ${UNDONE[fault.kind] ?? 'started again'}`;
}

/** The nodes at the other ends. */
function peersOf(targets: readonly string[], links: FaultStartEvent['links']): string[] {
  return [...new Set(links.flatMap(({ from, to }) => [from, to]))].filter((name) => !targets.includes(name));
}

/** `leader kafka2`, or only the name where the target was one. */
function whoOf(role: string, targets: readonly string[]): string {
  const names = listOf(targets);
  return targets.length !== 1 || targets[0] === role ? names : `${role} ${names}`;
}

function pairsOf(links: readonly { from: string; to: string }[]): string {
  return [...new Set(links.map(({ from, to }) => [from, to].toSorted().join('–')))].join(', ');
}

function listOf(names: readonly string[]): string {
  return names.length < 2
    ? (names[0] ?? 'no broker')
    : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** Each leader once, when the first broker tells of it, and each change of the set in sync as its leader sees it. */
function leaderSteps({ events, info }: Run, names: Names, scope: Scope): Step[] {
  const epochs = new Map<number, number>();
  const inSync = new Map<number, string>();
  return events.flatMap((event): Step[] => {
    if (event.type !== 'view' || event.leader < 0 || event.epoch === null) return [];
    if (event.partition !== scope.partition) return [];
    const { partition, leader, epoch, timeNs } = event;
    const where = info.partitions > 1 ? ` partition ${partition}` : '';
    const isr = event.isr.map((id) => nameOf(names, id)).join(', ');
    const name = nameOf(names, leader);
    if (epoch > (epochs.get(partition) ?? -1)) {
      epochs.set(partition, epoch);
      inSync.set(partition, isr);
      return [{ timeNs, text: `${name} leads${where} in epoch ${epoch} (in sync: ${isr})` }];
    }
    if (epoch < epochs.get(partition)! || event.observer !== name || inSync.get(partition) === isr) return [];
    inSync.set(partition, isr);
    return [{ timeNs, text: `${name} finds in sync${where === '' ? '' : ` in${where}`}: ${isr}` }];
  });
}

function truncationSteps({ events, info }: Run, { partition }: Scope): Step[] {
  const views = events.filter((event) => event.type === 'view' && event.partition === partition);
  const facts = { events, views: views as ViewEvent[], nodes: info.nodes };
  return events.flatMap((event): Step[] => {
    if (event.type !== 'log' || event.truncatedTo === undefined) return [];
    if ((event.partition ?? partition) !== partition) return [];
    return [{ timeNs: event.timeNs, text: cutInWords({ ...event, truncatedTo: event.truncatedTo }, facts) }];
  });
}

/** @param told the values that are told; null for all of this partition. */
function writeSteps(run: Run, names: Names, { partition }: Scope, told: ReadonlySet<string> | null): Step[] {
  const steps: Step[] = [];
  for (const batch of run.writes()) {
    for (let index = 0; index < batch.length && steps.length < WRITES_MAX; index++) {
      if (batch.partition[index] !== partition) continue;
      const write = writeAt(batch, index);
      if (told !== null && !told.has(valueName(write.worker, write.seq))) continue;
      steps.push({
        timeNs: write.completeNs ?? write.invokeNs,
        text: writeInWords(write, run, names),
      });
    }
  }
  return steps;
}

function writeInWords(write: Write, run: Run, names: Names): string {
  const { worker, seq, partition, outcome, offset, broker, error } = write;
  const where = run.info.partitions > 1 ? ` to partition ${partition}` : '';
  const what = `w${worker} writes #${seq}${where}`;
  const by = broker === null ? '' : ` by ${nameOf(names, broker)}${epochInWords(write, run)}`;
  if (outcome === 'ok') return `${what}, acknowledged${offset === null ? '' : ` at offset ${offset}`}${by},`;
  if (outcome === 'sent') return `${what} and waits for no answer (acks=0),`;
  if (outcome === 'fail') return `${what}, refused${by} (${error ?? 'no reason'}),`;
  return `${what}, and never learns what became of it (${error ?? 'the run ended'}),`;
}

/** The epoch in which that broker believed to lead when it answered. */
function epochInWords(write: Write, { events, info }: Run): string {
  const node = info.nodes.find(({ id }) => id === write.broker)?.name;
  let epoch: number | null = null;
  for (const event of events) {
    if (event.type !== 'view' || event.partition !== write.partition || event.leader !== write.broker)
      continue;
    if (event.timeNs > (write.completeNs ?? Infinity) && epoch !== null) break;
    if (event.observer === node) ({ epoch } = event);
  }
  return epoch === null ? '' : ` (epoch ${epoch})`;
}

function ending({
  findings: [{ kind, partition, examples, reason, judgement, endedBy }],
  count,
}: CauseGroup): string {
  const [example] = examples;
  const more = count > 1 ? ` (and ${grouped(count - 1)} more)` : '';
  const value = (example?.value ?? '') === '' ? `partition ${partition}` : example!.value;
  const detail = example?.detail === undefined ? '' : `: ${example.detail}`;
  const how = endedBy === undefined ? '' : `; ${endedBy}`;
  return `in the end, ${kind.replaceAll('-', ' ')}: ${value}${more}${detail}${how} (${judgement}: ${reason})`;
}

function nameOf(names: Names, id: number): string {
  return names.get(id) ?? `broker ${id}`;
}
