import { z } from 'zod';
import { Failure } from '../../core/failure.ts';
import type { HookAnswer } from '../fault-hook.ts';

/** What a hook prints: one JSON object. A hook that prints nothing says that it did it, and that it has not looked. */
const answerSchema = z.looseObject({
  applied: z.boolean().optional(),
  healed: z.boolean().optional(),
  verified: z.boolean().optional(),
  evidence: z.string().optional(),
  reason: z.string().optional(),
});

const EVIDENCE_CHARACTERS_MAX = 2_000;

/** @throws Failure when it says that it did not do it, or says nothing that can be understood */
export function readAnswer(output: string, verb: 'apply' | 'heal'): HookAnswer {
  if (output.trim() === '') return { evidence: '', verified: false };
  let value: unknown;
  try {
    value = JSON.parse(output);
  } catch {
    throw new Failure(
      `the fault hook answered "${verb}" with something that is not JSON: ${shortened(output)}`,
    );
  }
  const parsed = answerSchema.safeParse(value);
  if (!parsed.success)
    throw new Failure(
      `the fault hook answered "${verb}" with something else than {"applied":true,"verified":false,"evidence":"…"}: ${shortened(output)}`,
    );
  const { applied, healed, verified, evidence = '', reason } = parsed.data;
  if ((verb === 'apply' ? applied : healed) === false)
    throw new Failure(
      `the fault hook did not do it: ${shortened(reason ?? evidence) || 'it does not say why'}`,
    );
  return {
    evidence: shortened(evidence),
    // Without any words it has shown nothing.
    verified: verified === true && evidence.trim() !== '',
  };
}

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > EVIDENCE_CHARACTERS_MAX ? `${line.slice(0, EVIDENCE_CHARACTERS_MAX)}…` : line;
}
