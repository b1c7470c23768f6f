import type { Distribution } from '../db/kafka/distribution.ts';
import type { Reach } from '../control/docker/reach.ts';
import type { Endpoint } from '../client/endpoint.ts';
import type { NodeInfo, Setting } from '../history/run.ts';
import type { Bug } from '../sim/bugs.ts';

/** Where a run takes place, resolved: all that its world is built from. As JSON it goes from one process to another. */
export type WorldPlan = NetnsPlan | LoopbackPlan | DockerPlan | SshPlan | GivenPlan | SimulatedPlan;

/** Real Kafka, that kept starts and ends. */
export type RealPlan = NetnsPlan | LoopbackPlan | DockerPlan | SshPlan;

/** The kinds of labs that real Kafka can run in. */
export const LAB_KINDS = ['netns', 'loopback', 'docker', 'ssh'] as const;
export type LabKind = (typeof LAB_KINDS)[number];

/** Real Kafka in network namespaces of this machine. */
export interface NetnsPlan {
  kind: 'netns';
  distribution: Distribution;
  /** Where brokers keep their data; null: in memory that goes away with the lab. */
  dataDirectory: string | null;
}

/** Real Kafka as processes of this machine, on loopback addresses. Nothing can be cut. */
export interface LoopbackPlan {
  kind: 'loopback';
  distribution: Distribution;
  /** Where brokers keep their data; null: in the run directory, and removed in the end. */
  dataDirectory: string | null;
}

/** Real Kafka in containers. */
export interface DockerPlan {
  kind: 'docker';
  /** In the image, at its paths there. */
  distribution: Distribution;
  /** What the nodes are made from; the daemon has it. */
  image: string;
  /** The same Kafka on this machine; null where the image is the user's own. */
  local: Distribution | null;
  /** How the workers reach the brokers; found out if absent. */
  reach?: Reach;
}

/**
 * A cluster that somebody else runs, with a topic in it. It never becomes JSON: what is secret in the endpoint would be
 * lost.
 */
export interface GivenPlan {
  kind: 'given';
  endpoint: Endpoint;
  /** The brokers, named by their ids, as the cluster advertises them. */
  brokers: readonly (NodeInfo & { port: number })[];
  topic: GivenTopic;
  /** What strikes it and heals it; null: nothing does. */
  hook: HookPlan | null;
  /** Hosts behind SSH that the workers are to live on; this machine if absent. */
  load?: {
    hosts: SshLoadHostPlan[];
    /** Whether keys of hosts that are not known are accepted, and written down. */
    acceptNew: boolean;
  };
  /** What was found out in advance and is worth a remark in the history, in sentences. */
  remarks: readonly string[];
}

/** A command that strikes and heals faults on somebody else's nodes. */
export interface HookPlan {
  command: string;
  /** How long one call may take. */
  timeoutMs: number;
}

export interface GivenTopic {
  /** Whether the run makes it, and so deletes it in the end. */
  isOwn: boolean;
  /** Whether one that the run made is kept for a look. */
  isKept: boolean;
  /** By partition: what lies below is not the run's; zeros for a topic of its own. */
  from: readonly number[];
  /** Settings that the cluster does not tell, or of which it is not known whether it heeds them. */
  assumed: readonly Setting[];
}

/** Real Kafka on hosts behind SSH. */
export interface SshPlan {
  kind: 'ssh';
  /** With the oldest Java of the hosts. */
  distribution: Distribution;
  /** The same Kafka on this machine. */
  local: Distribution;
  nodes: SshNodePlan[];
  /** Hosts that workers are to live on, with the Node.js there; none if absent. */
  clients?: SshLoadHostPlan[];
  /** Whether links are to be cut or impaired. */
  cuts: boolean;
  /** Whether keys of hosts that are not known are accepted, and written down. */
  acceptNew: boolean;
  /** Where brokers keep their data on the hosts; null: in /var/tmp. */
  dataDirectory: string | null;
}

/** A host behind SSH that workers are to live on. */
export interface SshLoadHostPlan {
  /** As the run calls it. */
  name: string;
  /** As the user named it. */
  host: string;
  /** On the host: the program Node.js. */
  node: string;
}

/** A node of the cluster, and the host that it lives on. */
export interface SshNodePlan {
  name: string;
  /** As the user named it. */
  host: string;
  ports: number[];
  /** Whether it opens no connection to any other node. */
  onlyAnswers: boolean;
  /** On the host: the program, and the directory of the jars. */
  java: string;
  libs: string;
}

/** A model of Kafka, in virtual time. */
export interface SimulatedPlan {
  kind: 'simulated';
  /** The bug that is planted into it. */
  bug: Bug | null;
  /** Why it is not real Kafka, where the model was not asked for. */
  because: string | null;
}
