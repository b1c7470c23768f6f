/**
 * What a person is told when a command cannot do what was asked: one sentence about what was expected and what
 * came, and a hint about what to do next. The command line prints both and ends with `exitStatus`; anything else
 * that is thrown is a defect of this program and ends with 70.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly hint: string;
  readonly exitStatus: number;

  constructor(message: string, options: { hint?: string; exitStatus?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.hint = options.hint ?? '';
    this.exitStatus = options.exitStatus ?? EXIT.inconclusive;
  }
}

/** The documented exit statuses of every command. */
export const EXIT = {
  valid: 0,
  invalid: 1,
  inconclusive: 2,
  usage: 64,
  internal: 70,
  interrupted: 130,
} as const;

/** The text of anything that was thrown, on one line. */
export function messageOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.replaceAll(/\s*\n\s*/g, ' ').trim();
}
