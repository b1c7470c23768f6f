/**
 * A first look at a cluster that somebody else runs: whether its brokers can be reached, at the addresses that they
 * advertise too, as whom, and what they speak. What is wrong is told in one sentence with what to do about it.
 */
import type { Clock } from '../../core/clock.ts';
import { Failure } from '../../core/failure.ts';
import { listed } from '../../core/words.ts';
import { joinAddress, type Endpoint } from '../endpoint.ts';
import { API, negotiated, requests, unjudged, type Versions } from './kafkajs.ts';
import { openSession, Unanswered, type Session } from './session.ts';
import { adviceFor } from './connection-advice.ts';

export interface ProbedBroker {
  id: number;
  host: string;
  port: number;
}

export interface ProbedCluster {
  brokers: ProbedBroker[];
  /** What every broker speaks. */
  versions: Versions;
}

const TIMEOUT_MS = 10_000;

/** @throws Failure when the cluster cannot be used from here */
export async function probeCluster(
  endpoint: Endpoint,
  clock: Clock,
  timeoutMs = TIMEOUT_MS,
): Promise<ProbedCluster> {
  const open = (address: string) =>
    openSession(address, {
      security: endpoint,
      connectionTimeoutMs: timeoutMs,
      requestTimeoutMs: timeoutMs,
      clock,
    });
  const found = await anyOf(endpoint.brokers, async (address) => {
    const session = await open(address);
    try {
      return await brokersBy(session);
    } finally {
      session.destroy('CLOSED');
    }
  });
  if ('failures' in found) throw unreachable(endpoint, found.failures);
  const looks = await Promise.all(
    found.value.map(async (broker) => {
      const address = joinAddress(broker.host, broker.port);
      try {
        const session = await open(address);
        session.destroy('CLOSED');
        return { address, versions: session.versions, failure: null };
      } catch (thrown) {
        return { address, versions: {}, failure: asUnanswered(thrown) };
      }
    }),
  );
  const lost = looks.flatMap(({ address, failure }) => (failure === null ? [] : [{ address, failure }]));
  if (lost.length > 0) throw unreachableAsAdvertised(endpoint, lost);
  return { brokers: found.value, versions: common(looks.map(({ versions }) => versions)) };
}

interface Failed {
  address: string;
  failure: Unanswered;
}

/** The first that succeeds, one after the other; or what became of all of them. */
async function anyOf<T>(
  addresses: readonly string[],
  attempt: (address: string) => Promise<T>,
): Promise<{ value: T } | { failures: Failed[] }> {
  const failures: Failed[] = [];
  for (const address of addresses) {
    try {
      return { value: await attempt(address) };
    } catch (thrown) {
      failures.push({ address, failure: asUnanswered(thrown) });
    }
  }
  return { failures };
}

function asUnanswered(thrown: unknown): Unanswered {
  if (thrown instanceof Unanswered) return thrown;
  throw thrown;
}

async function brokersBy(session: Session): Promise<ProbedBroker[]> {
  const build = negotiated(session.versions, API.metadata, requests.Metadata);
  const { brokers } = await session.request(unjudged(build({ topics: [], allowAutoTopicCreation: false })));
  return brokers
    .map(({ nodeId, host, port }) => ({ id: nodeId, host, port }))
    .toSorted((one, other) => one.id - other.id);
}

function unreachable(endpoint: Endpoint, failures: readonly Failed[]): Failure {
  const [first] = failures;
  const { why, hint } = adviceFor(first!.failure, endpoint);
  const others =
    failures.length === 1 ? '' : `, nor at ${listed(failures.slice(1).map(({ address }) => address))}`;
  return new Failure(`The cluster cannot be used at ${first!.address}${others}: ${why}.`, {
    hint,
    cause: first!.failure,
  });
}

function unreachableAsAdvertised(endpoint: Endpoint, lost: readonly Failed[]): Failure {
  const [first] = lost;
  const { why, hint } = adviceFor(first!.failure, endpoint);
  const addresses = listed(lost.map(({ address }) => address));
  return new Failure(
    `${listed(endpoint.brokers)} can be reached, but the cluster advertises ${lost.length === 1 ? 'a broker' : 'brokers'} at ${addresses}, and from here that does not work: ${why}.`,
    {
      hint: `Clients go where advertised.listeners sends them: run kept where these addresses work, or advertise others. ${hint}`,
      cause: first!.failure,
    },
  );
}

/** The ranges of versions that all of them speak; an API that one lacks is absent. */
function common(all: readonly Versions[]): Versions {
  const [first, ...others] = all;
  const shared: Versions = {};
  for (const [key, range] of Object.entries(first ?? {})) {
    const ranges = [range, ...others.map((versions) => versions[Number(key)])];
    if (ranges.some((each) => each === undefined)) continue;
    const minVersion = Math.max(...ranges.map((each) => each!.minVersion));
    const maxVersion = Math.min(...ranges.map((each) => each!.maxVersion));
    if (minVersion <= maxVersion) shared[Number(key)] = { minVersion, maxVersion };
  }
  return shared;
}
