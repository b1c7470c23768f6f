import type { Net } from './net.ts';
import type { Remote } from './remote.ts';

/** Nodes under command, and the network between them. */
export interface Lab {
  /** By name. */
  readonly nodes: ReadonlyMap<string, Remote>;
  /** Null where nothing can be cut. */
  readonly net: Net | null;
  /** Undoes what the lab has made. A lab may also end by itself, with the process or the namespaces that hold it. */
  close(): Promise<void>;
}
