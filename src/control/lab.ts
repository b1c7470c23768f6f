import type { Net } from './net.ts';
import type { Place } from './place.ts';
import type { RequestProxy } from './proxy/request-proxy.ts';
import type { Remote } from './remote.ts';

/** Nodes under command, and the network between them. */
export interface Lab {
  /** By name. */
  readonly nodes: ReadonlyMap<string, Remote>;
  /**
   * Where the workers reach the nodes that have a port for them, by name, where they do not reach the nodes' own addresses.
   * Absent: they reach these.
   */
  readonly outside?: ReadonlyMap<string, Place>;
  /** What the clients' connections go through, where `outside` leads to it. */
  readonly proxy?: RequestProxy;
  /** Null where nothing can be cut. */
  readonly net: Net | null;
  /** Undoes what the lab has made. A lab may also end by itself, with the process or the namespaces that hold it. */
  close(): Promise<void>;
}
