import fc from 'fast-check';
import type { Operation, Value } from '../../src/linear/operation.ts';
import type { Sequential } from './sequential.ts';

/**
 * Small random histories, half of them nearly right: every operation has a moment, and what an honest object would
 * have answered at that moment is the answer, unless the draft says to lie.
 */
export interface Draft {
  f: number;
  first: number;
  second: number;
  /** 0 or 1, for objects with keys. */
  key: number;
  call: number;
  length: number;
  /** Where between call and return it took effect, in eighths. */
  moment: number;
  fate: 'ok' | 'lies' | 'info' | 'never';
}

export const drafts = (options: {
  operationsMax: number;
  values: number;
  unknown?: number;
}): fc.Arbitrary<Draft[]> =>
  fc.array(
    fc.record({
      f: fc.nat(5),
      first: fc.nat(options.values),
      second: fc.nat(options.values),
      key: fc.nat(1),
      call: fc.nat(14),
      length: fc.nat(8),
      moment: fc.nat(8),
      fate: fc.oneof(
        { weight: 12, arbitrary: fc.constant('ok' as const) },
        { weight: 2, arbitrary: fc.constant('lies' as const) },
        { weight: options.unknown ?? 2, arbitrary: fc.constant('info' as const) },
        { weight: 1, arbitrary: fc.constant('never' as const) },
      ),
    }),
    { minLength: 1, maxLength: options.operationsMax },
  );

/** One kind of history: which operations there are, and which wrong answers. */
export interface Kind {
  object: Sequential;
  operation(draft: Draft, index: number): { f: string; input: Value; key?: number; process?: number };
  lie(draft: Draft, operation: { f: string; input: Value }, honest: Value): Value;
}

export function historyOf(kind: Kind, plan: readonly Draft[]): Operation[] {
  const asked = plan.map((draft, index) => ({ draft, index, ...kind.operation(draft, index) }));
  const byMoment = asked.toSorted((a, b) => momentOf(a.draft) - momentOf(b.draft));
  let { start: state } = kind.object;
  const history: Operation[] = [];
  for (const { draft, index, f, input, key, process = index } of byMoment) {
    const { call, length, fate } = draft;
    const choices = kind.object.choices?.(state, f, input) ?? [];
    const after = choices[draft.second % choices.length] ?? kind.object.apply(state, f, input, key, process);
    // Only a liar answers while it has to wait, and what never happened changes nothing.
    const unknown = fate === 'info' || fate === 'never' || (after === null && fate !== 'lies');
    if (after !== null && fate !== 'never') ({ state } = after);
    const honest = after?.output ?? null;
    const output = unknown
      ? f === 'cas'
        ? true
        : null
      : fate === 'lies'
        ? kind.lie(draft, { f, input }, honest)
        : honest;
    const outcome = unknown ? 'info' : 'ok';
    history.push({
      index,
      process,
      f,
      key,
      input,
      output,
      outcome,
      call,
      ret: unknown ? Infinity : call + length,
    });
  }
  return history.toSorted((a, b) => a.index - b.index);
}

function momentOf({ call, length, moment }: Draft): number {
  return call + (length * moment) / 8;
}
