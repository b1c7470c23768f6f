import type { Net } from './net.ts';
import type { Remote } from './remote.ts';

/** An address with a port. */
export interface Place {
  host: string;
  port: number;
}

/** Nodes under command, and the network between them. */
export interface Lab {
  /** By name. */
  readonly nodes: ReadonlyMap<string, Remote>;
  /**
   * Where the workers reach the nodes that have a port for them, by name, where they do not reach the nodes' own addresses.
   * Absent: they reach these.
   */
  readonly outside?: ReadonlyMap<string, Place>;
  /** Null where nothing can be cut. */
  readonly net: Net | null;
  /** Undoes what the lab has made. A lab may also end by itself, with the process or the namespaces that hold it. */
  close(): Promise<void>;
}
