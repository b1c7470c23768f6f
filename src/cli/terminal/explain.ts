import { CommanderError } from 'commander';
import { isOutOfDescriptors, outOfDescriptors } from '../../core/descriptors.ts';
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import { capitalised } from '../../core/words.ts';

/** What a person is told about anything that was thrown, and the exit status that goes with it. */
export function explain(thrown: unknown): { text: string; exitStatus: number } {
  const error =
    !(thrown instanceof Failure) && isOutOfDescriptors(thrown) ? outOfDescriptors(thrown) : thrown;
  if (error instanceof CommanderError) {
    // Commander has already said it.
    return { text: '', exitStatus: error.exitCode === 0 ? EXIT.valid : EXIT.usage };
  }
  if (error instanceof Failure) {
    const hint = error.hint === '' ? '' : `\n  ${sentence(error.hint)}`;
    return { text: `kept: ${sentence(error.message)}${hint}`, exitStatus: error.exitStatus };
  }
  const stack = process.env['KEPT_DEBUG'] !== undefined && error instanceof Error ? `\n${error.stack}` : '';
  return {
    text: `kept: internal error: ${messageOf(error)}\n  This is a defect of kept. KEPT_DEBUG=1 shows where it happened.${stack}`,
    exitStatus: EXIT.internal,
  };
}

/** Failures are raised in many places; all of them are shown as whole sentences. */
function sentence(text: string): string {
  const [firstLine = '', ...more] = text.split('\n');
  const whole = /[.!?:…]$/.test(firstLine) ? firstLine : `${firstLine}.`;
  return [capitalised(whole), ...more].join('\n');
}
