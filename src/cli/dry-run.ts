import { NS_PER_MS } from '../core/clock.ts';
import { moment, seconds } from '../core/words.ts';
import { planNodes } from '../db/kafka/plan.ts';
import { defaultVersion, modesOf, type KafkaMode } from '../db/kafka/recipes.ts';
import { freshSeed } from '../core/random.ts';
import { describeFault } from '../history/fault-words.ts';
import type { Schedule } from '../nemesis/schedule.ts';
import { drawPeriod } from '../run/soak/period-plan.ts';
import type { Scenario } from '../scenario/schema.ts';
import type { ClusterOptions } from './options/cluster-options.ts';
import { paragraph, textColumns } from '../report/text/paragraphs.ts';
import { assertKnownTargets, scheduleOf } from '../run/prepare.ts';
import { describeLoad } from './describe-plan.ts';
import { describeForecast } from '../run/room.ts';
import { assertOneProcess, sharedLoad } from '../run/shared-load.ts';
import { columnsOf } from './terminal/locale.ts';
import { print, printJson } from './terminal/print.ts';
import { safeLine } from './terminal/safe-text.ts';

/** `kept run --dry-run`: what would be done, without doing any of it. @throws Failure for what would be refused. */
export function printPlan(scenario: Scenario, options: ClusterOptions): void {
  if (options.simulate === true) assertOneProcess(scenario, options.processes);
  const { processes } = sharedLoad(scenario, options.processes);
  const seed = options.seed ?? freshSeed();
  const mode = options.mode ?? modeOf(scenario, options);
  assertKnownTargets(scenario, mode);
  const schedule = scheduleOf(scenario, seed);
  if (options.json === true) {
    printJson(`${JSON.stringify({ seed, mode, scenario, schedule }, null, 2)}\n`);
    return;
  }
  const { warmUpMs, faultsMs, recoveryMs } = scenario.phases;
  const nodes = planNodes(mode, scenario.brokers).map(({ name }) => name);
  const length = (ms: number) => seconds(ms * NS_PER_MS);
  const lines = [
    `${scenario.name}: ${safeLine(scenario.title)}`,
    `  seed ${seed} · ${mode} · nodes ${nodes.join(', ')}`,
    ...describeLoad(scenario, processes),
    `  warm-up ${length(warmUpMs)}, faults ${length(faultsMs)}, recovery ${length(recoveryMs)}`,
    `  ${describeForecast(scenario)}`,
    ...(scenario.soak === undefined ? scheduleLines(schedule) : periodLines(scenario, seed)),
  ];
  print(`${lines.join('\n')}\nNothing was started: this is what "kept run" would do.\n`);
}

function scheduleLines(schedule: Schedule): string[] {
  return [
    `  ${schedule.length} fault(s), counted from the beginning of the faults phase:`,
    ...schedule.map(({ id, atMs, afterWrites, fault, forMs }) => {
      const after = afterWrites === undefined ? '' : ` after ${afterWrites} writes`;
      const until = forMs === null ? 'until the end' : `for ${seconds(forMs * NS_PER_MS)}`;
      return `    ${moment(atMs * NS_PER_MS).padStart(8)}${after}  ${safeLine(describeFault(fault))}, ${until} (${safeLine(id)})`;
    }),
  ];
}

/** What the first periods of a soak are; of kinds of faults that the lab cannot do a soak draws none. */
function periodLines(scenario: Scenario, seed: number): string[] {
  return [
    '  its first periods, in a lab that can do all of these faults:',
    ...Array.from({ length: PERIODS_SHOWN }, (_, index) => {
      const { period, kinds, load } = drawPeriod(scenario, seed, index + 1);
      const text = `${period}: ${load}; ${kinds.length === 0 ? 'no faults' : kinds.join(', ')}`;
      return paragraph(text, textColumns(columnsOf(process.stdout)), '       ', '    ');
    }).flat(),
  ];
}

const PERIODS_SHOWN = 5;

/** By the version that is named; where a folder or an archive is, only a run finds out. */
function modeOf(scenario: Scenario, { kafka, simulate }: ClusterOptions): KafkaMode {
  if (simulate === true) return scenario.kraftMode;
  const version = kafka ?? defaultVersion(undefined);
  const isVersion = /^\d+\.\d+\.\d+/.test(version);
  return isVersion && modesOf(version).includes('zookeeper') ? 'zookeeper' : scenario.kraftMode;
}
