import { EXIT, Failure } from '../../core/failure.ts';
import { logHint } from '../log-hint.ts';
import { MODEL_NAMES, type ModelName } from '../models/catalog.ts';
import type { Event } from './event.ts';
import { areKeyed, exchangesIn } from './exchange.ts';
import { guessModel, modelByNames, namesIn } from './guess-model.ts';
import { KEYABLE, objectionTo, type Objection } from './objection.ts';

/** What a history is taken for. */
export interface Understanding {
  model: ModelName;
  /** No one named the model: the operations told it. */
  isGuess: boolean;
  /** Every value is a pair of a key and a value, and every key is an object of the model. */
  isKeyed: boolean;
  /** No operation asks what the object holds, so nothing that was asked remained without an answer. */
  updatesOnly: boolean;
}

/**
 * Finds out what a history is of. A guess against which anything speaks is refused, and so is a model that was named
 * and cannot be the history's.
 *
 * @throws Failure that says which model was considered and what speaks against it.
 */
export function understand(events: readonly Event[], named: ModelName | undefined): Understanding {
  const exchanges = exchangesIn(events);
  const model = named ?? guessModel(events);
  if (model === null) throw leftOpen(events, areKeyed(exchanges));
  const objection = objectionTo(exchanges, model);
  if (objection !== null && (named === undefined || objection.isImpossible))
    throw refusal(model, objection, named === undefined);
  return {
    model,
    isGuess: named === undefined,
    isKeyed: KEYABLE.has(model) && areKeyed(exchanges),
    updatesOnly: exchanges.every(({ call: { f } }) => UPDATES.has(f)),
  };
}

/** They change an object, and their answers tell nothing of it. */
const UPDATES = new Set([
  'write',
  'w',
  'put',
  'add',
  'remove',
  'append',
  'push',
  'enqueue',
  'insert',
  'offer',
]);

function refusal(model: ModelName, { says, hint, isImpossible }: Objection, isGuess: boolean): Failure {
  const insist = isImpossible ? undefined : `"--model ${model}" says that it is one all the same.`;
  return new Failure(
    isGuess
      ? `By the names of its operations the history could be of the model ${model}, but ${says}.`
      : `The history cannot be of the model ${model}: ${says}.`,
    {
      hint: [hint, insist].filter((part) => part !== undefined).join(' '),
      exitStatus: EXIT.usage,
    },
  );
}

function leftOpen(events: readonly Event[], keyed: boolean): Failure {
  const considered = modelByNames(events);
  if (keyed && considered !== null)
    return new Failure(
      `By the names of its operations the history could be of the model ${considered}, but every value is a pair, as if of a key and a value.`,
      { hint: `"--model ${considered}" judges it key by key.`, exitStatus: EXIT.usage },
    );
  const names = namesIn(events).slice(0, 8).join(', ');
  const hint = logHint(namesIn(events));
  return new Failure(
    hint === null
      ? `The operations of this history (${names || 'none'}) leave open which model it is of: name it with --model.`
      : `No model knows the operations of this history (${names}), so there is nothing to name with --model.`,
    { hint: hint ?? `Models: ${MODEL_NAMES.join(', ')}.`, exitStatus: EXIT.usage },
  );
}
