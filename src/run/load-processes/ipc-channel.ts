import type { Channel } from './loader.ts';
import { Inbox } from './inbox.ts';
import type { FromLoader, ToLoader } from './protocol.ts';

/** The descriptor of the claims, behind the standard ones and the channel. */
export const CLAIMS_DESCRIPTOR = 4;

/**
 * The channel between this process and the one that started it, on the same machine. This process ends when the other one
 * closes the channel or dies.
 */
export function ipcChannel(): Channel {
  process.on('disconnect', () => process.exit());
  if (!process.connected) process.exit();
  const inbox = new Inbox();
  process.on('message', (message: ToLoader) => inbox.put(message));
  return {
    tell: (message: FromLoader) =>
      new Promise((resolve) => process.send!(message, undefined, {}, () => resolve())),
    next: (kind) => inbox.next(kind),
    close: () => process.disconnect(),
  };
}
