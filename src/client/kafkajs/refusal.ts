/** Why an admin call failed, in words that say what to do. */
import { EXIT, Failure, messageOf } from '../../core/failure.ts';
import type { Endpoint } from '../endpoint.ts';
import { asThrown, type Thrown } from './kafkajs.ts';

/** A call that the cluster refused, or that did not reach it. */
export class AdminRefusal extends Failure {
  /** The brokers' error codes by name; empty where no broker answered. */
  readonly codes: readonly string[];

  constructor(message: string, codes: readonly string[], options: ConstructorParameters<typeof Failure>[1]) {
    super(message, options);
    this.codes = codes;
  }
}

/** @param what a clause: `the topic t could not be made` */
export function refusal(what: string, thrown: unknown, endpoint: Endpoint): AdminRefusal {
  const codes = codesIn(thrown);
  const known = codes.map((code) => ADVICE[code]).find((advice) => advice !== undefined);
  const why = innermost(thrown)
    .map((cause) => cause.type ?? messageOf(cause))
    .join(', ');
  return new AdminRefusal(`${what[0]!.toUpperCase()}${what.slice(1)}: ${why}.`, codes, {
    hint:
      known?.hint ??
      `Check that ${endpoint.brokers.join(', ')} can be reached, and that the cluster has enough brokers. See the brokers' logs.`,
    exitStatus: known?.exitStatus ?? EXIT.inconclusive,
    cause: thrown,
  });
}

const RIGHTS = 'The user of this connection lacks the right';

const ADVICE: Record<string, { hint: string; exitStatus?: number }> = {
  TOPIC_AUTHORIZATION_FAILED: {
    hint: `${RIGHTS}: it needs Create, Describe, Read, Write and Delete on the topic, or name a topic that it may use with --topic.`,
  },
  CLUSTER_AUTHORIZATION_FAILED: {
    hint: `${RIGHTS} on the cluster (to make topics: Create). Have somebody make the topic, and name it with --topic.`,
  },
  INVALID_REPLICATION_FACTOR: { hint: 'The cluster has fewer brokers than the topic wants replicas.' },
  POLICY_VIOLATION: {
    hint: "The cluster's policy forbids such a topic. Make one yourself, and name it with --topic.",
  },
  INVALID_CONFIG: {
    hint: 'The cluster refuses these settings of a topic. Make one yourself, and name it with --topic.',
  },
  INVALID_TOPIC_EXCEPTION: {
    hint: 'Kafka allows letters, digits, dots, dashes and underscores, at most 249 of them.',
    exitStatus: EXIT.usage,
  },
};

/** The brokers' error codes by name; empty where something else went wrong. */
export function codesIn(thrown: unknown): readonly string[] {
  if (thrown instanceof AdminRefusal) return thrown.codes;
  return innermost(thrown).flatMap(({ type }) => type ?? []);
}

/** The library gathers errors in aggregates and wraps them as causes. */
function innermost(thrown: unknown): Thrown[] {
  const error = asThrown(thrown);
  if (error.errors !== undefined) return error.errors.flatMap(innermost);
  return error.cause === undefined ? [error] : innermost(error.cause);
}
