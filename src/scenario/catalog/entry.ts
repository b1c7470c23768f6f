import { scenarioSchema, type Scenario, type ScenarioInput } from '../schema.ts';

/** A scenario that can be run by name. */
export interface Entry {
  /** Other names for it, such as its number in the original experiments. */
  aliases: string[];
  scenario: Scenario;
  /** What the original author measured, as he gives it. */
  original?: Original;
  /** The same at the size of the original experiments: `--full-size`. */
  fullSize?: Scenario;
}

/** Figures from Jack Vanlightly, "How to lose messages on a Kafka cluster, part 1" (2018). */
export interface Original {
  /** Acknowledged records, and the high watermark afterwards; he compares these two counts. */
  acknowledged: number;
  highWatermark: number | null;
  /** His words or figures for what was lost. */
  lost: string;
}

export function entry(
  input: ScenarioInput,
  extra: { aliases?: string[]; original?: Original; fullSize?: Partial<ScenarioInput> } = {},
): Entry {
  return {
    aliases: extra.aliases ?? [],
    scenario: scenarioSchema.parse(input),
    ...(extra.original && { original: extra.original }),
    ...(extra.fullSize && { fullSize: scenarioSchema.parse({ ...input, ...extra.fullSize }) }),
  };
}
