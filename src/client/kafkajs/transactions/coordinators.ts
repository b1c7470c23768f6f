/** Which brokers coordinate a transactional id and a consumer group, as one worker believes it. */
import { joinAddress, type Endpoint } from '../../endpoint.ts';
import { nameOfTransactionCode } from '../../transaction-outcome.ts';
import { API, negotiated, requests, unjudged } from '../kafkajs.ts';
import type { Pool } from '../pool.ts';
import { Unanswered, type Session } from '../session.ts';

/** What has a coordinator, by the numbers of the protocol. */
const KINDS = { group: 0, transaction: 1 } as const;

export interface Coordinated {
  kind: keyof typeof KINDS;
  /** The group, or the transactional id. */
  id: string;
}

export interface Coordinators {
  /** @throws Unanswered with proof that nothing but the question was sent: none is known, or it cannot be reached. */
  to(of: Coordinated): Promise<Session>;
  /** What is believed must be asked for again. */
  suspect(of: Coordinated): void;
}

/** @param options.endpoint its first broker is asked first. */
export function createCoordinators({ endpoint, pool }: { endpoint: Endpoint; pool: Pool }): Coordinators {
  const believed = new Map<string, string>();
  const keyOf = ({ kind, id }: Coordinated) => `${kind}:${id}`;

  const find = async (of: Coordinated): Promise<string> => {
    let reason = 'COORDINATOR_NOT_AVAILABLE';
    for (const broker of endpoint.brokers) {
      try {
        const session = await pool.to(broker);
        const build = negotiated(session.versions, API.findCoordinator, requests.GroupCoordinator);
        const call = unjudged(build({ groupId: of.id, coordinatorType: KINDS[of.kind] }));
        const { errorCode, coordinator } = await session.request(call);
        if (errorCode === 0) return joinAddress(coordinator.host, coordinator.port);
        reason = nameOfTransactionCode(errorCode);
      } catch (thrown) {
        if (!(thrown instanceof Unanswered)) throw thrown;
      }
    }
    throw new Unanswered(reason, false);
  };

  return {
    async to(of) {
      const key = keyOf(of);
      const address = believed.get(key) ?? (await find(of));
      believed.set(key, address);
      try {
        return await pool.to(address);
      } catch (thrown) {
        believed.delete(key);
        throw thrown;
      }
    },
    suspect(of) {
      believed.delete(keyOf(of));
    },
  };
}
