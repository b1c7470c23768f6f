import { redactor, type Secret } from '../core/secret.ts';
import type { Event } from '../history/event.ts';
import type { Recorder } from '../history/recorder/recorder.ts';
import { Failure, messageOf } from '../core/failure.ts';

/** Keeps secrets out of a run directory, whoever put them into an event, an error or the command line. */
export interface Confidential {
  text(text: string): string;
  event<E extends Event>(event: E): E;
  /** The same recorder, for rows whose errors others have worded. */
  recorder(recorder: Recorder): Recorder;
}

/** @param secrets none: everything is handed on as it is. */
export function confidential(secrets: readonly Secret[]): Confidential {
  if (secrets.length === 0)
    return { text: (text) => text, event: (event) => event, recorder: (same) => same };
  const text = redactor(secrets);
  const event = <E extends Event>(given: E): E => {
    const line = JSON.stringify(given);
    const clean = text(line);
    return clean === line ? given : (JSON.parse(clean) as E);
  };
  return {
    text,
    event,
    recorder: (recorder) => ({
      ...recorder,
      failed: recorder.failed,
      write: (row) => recorder.write(row.error === null ? row : { ...row, error: text(row.error) }),
      transaction: (row) =>
        recorder.transaction(row.error === null ? row : { ...row, error: text(row.error) }),
      event: (given) => recorder.event(event(given)),
      close: (status, failure) =>
        recorder.close(status, failure === undefined ? failure : withoutSecrets(failure, text)),
    }),
  };
}

function withoutSecrets(failure: unknown, text: (text: string) => string): unknown {
  if (failure === null) return failure;
  const message = messageOf(failure);
  return text(message) === message ? failure : new Failure(text(message), { cause: failure });
}
