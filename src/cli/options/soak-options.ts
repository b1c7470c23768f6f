import { InvalidArgumentError, Option, type Command } from 'commander';
import { NS_PER_MS } from '../../core/clock.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import { seconds } from '../../core/words.ts';
import { KEEPS, type Keep } from '../../run/soak/soak-file.ts';
import type { Scenario } from '../../scenario/schema.ts';
import { parseDurationMs } from './parse.ts';

/** What only a soak knows. */
export interface SoakOptions {
  forever?: true;
  period?: number;
  keep?: Keep;
  storeMax?: number;
  stopOn?: 'invalid' | 'inconclusive';
  onFinding?: string;
}

export function addSoakOptions(command: Command): Command {
  return command
    .optionsGroup('A soak (kept run soak):')
    .option('--forever', 'go on until it is stopped')
    .option('--period <time>', 'length of the faults phase of each period', parseDurationMs)
    .addOption(
      new Option(
        '--keep <which>',
        'histories that stay: failures, of periods that are not valid; all; none (default: failures)',
      ).choices(KEEPS),
    )
    .option('--store-max <size>', 'room that the soak may take, such as 20GB', parseSize)
    .addOption(
      new Option(
        '--stop-on <verdict>',
        'end with the first period that is so, and keep its evidence',
      ).choices(['invalid', 'inconclusive']),
    )
    .option('--on-finding <command>', 'a shell command for each period that is not valid')
    .optionsGroup('Options:');
}

const UNITS: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** `20GB`, `500MB`; a bare number means bytes. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT])?(i)?B?$/i.exec(text.trim());
  const unit = match?.[2]?.toUpperCase();
  if (match === null || Number(match[1]) === 0)
    throw new InvalidArgumentError('Expected a size such as 20GB or 500MB.');
  if (unit === undefined) return Number(match[1]);
  const power = 'KMGT'.indexOf(unit) + 1;
  return Math.round(Number(match[1]) * (match[3] === undefined ? UNITS[unit]! : 1_024 ** power));
}

/** @throws Failure (usage) where an option of soaks is given for a scenario that is none, or two contradict each other. */
export function assertSoakOptions(
  scenario: Scenario,
  options: SoakOptions & {
    duration?: number;
    repeat?: number;
    count?: number;
    topic?: string;
  },
): void {
  const refuse = (message: string, hint: string): never => {
    throw new Failure(message, { hint, exitStatus: EXIT.usage });
  };
  if (scenario.soak === undefined) {
    const given = (['forever', 'period', 'keep', 'storeMax', 'stopOn', 'onFinding'] as const).find(
      (name) => options[name] !== undefined,
    );
    if (given === undefined) return;
    const flag = `--${given.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    refuse(`${flag} is about a soak, and the scenario "${scenario.name}" is none`, 'kept run soak --help');
  }
  if (options.forever === true && options.duration !== undefined)
    refuse('--forever and --duration contradict each other', 'leave one of them out');
  if (options.forever !== true && scenario.soak!.durationMs === null)
    refuse('a soak has to be told how long it is to go on', 'add --duration 72h, or --forever');
  const { nemesis, phases } = scenario;
  if ('random' in nemesis && phases.faultsMs < nemesis.random.meanDurationMs / 2)
    refuse(
      `a period of ${seconds(phases.faultsMs * NS_PER_MS)} has no room for a fault, which lasts ${seconds(nemesis.random.meanDurationMs * NS_PER_MS)} in the mean`,
      'give a longer --period, or a shorter --fault-duration',
    );
  if (options.repeat !== undefined)
    refuse('a soak is not repeated: it goes on', 'leave --repeat out, and give a longer --duration');
  if (options.count !== undefined)
    refuse('a soak ends after a time, and not after so many writes', 'leave --count out');
  if (options.topic !== undefined)
    refuse('each period of a soak has a topic of its own', 'leave --topic out');
}
