import { processRemote } from './process-remote.ts';
import type { Remote } from './remote.ts';

/** This machine itself as a node, under an address of its own such as 127.0.0.2. */
export function localRemote(name: string, address: string): Remote {
  return processRemote(name, address);
}
