import { asThrown } from './kafkajs.ts';

/** The innermost cause that the library tells, by its shortest name. */
export function causeOf(thrown: unknown): string {
  const { cause, type, code, name } = asThrown(thrown);
  if (cause !== undefined) return causeOf(cause);
  return type ?? (typeof code === 'string' ? code : name);
}
