import { isatty } from 'node:tty';

/** Whether a stream shows colours: it is a terminal, and its user has not asked to be spared (no-color.org). */
export function wantsColour(stream: { fd: number }): boolean {
  return isatty(stream.fd) && (process.env['NO_COLOR'] ?? '') === '';
}
