import type { AppliedRule, RequestProxy, Touched } from '../../control/proxy/request-proxy.ts';
import { NS_PER_SECOND } from '../../core/clock.ts';
import { EXIT, Failure } from '../../core/failure.ts';
import { CLIENT } from '../../core/link.ts';
import { counted, grouped } from '../../core/words.ts';
import type { Fault } from '../../history/fault.ts';
import { between } from '../partitions.ts';
import type { FaultPackage } from './fault-package.ts';

type Requests = Extract<Fault, { kind: 'requests' }>;

/**
 * Single requests of clients, or answers to them, are struck in the proxy that the clients' connections go through. It takes
 * effect when the first message is struck, and each message that is struck proves it: one that strikes none by its end has
 * failed. Where connections came by that cannot be read, it is not known what it might have struck.
 */
export const requestsFault: FaultPackage<Requests> = {
  sparesNodes: true,

  links: (_, { targets }) => [...between([CLIENT], targets), ...between(targets, [CLIENT])],

  async assertPossible({ proxy }) {
    proxyOf(proxy);
  },

  async strike({ proxy, clock }, fault, { links }, { withinMs, signal }) {
    const applied = proxyOf(proxy).apply(fault, links);
    const beganNs = clock.nowNs();
    const isOver = new AbortController();
    const first = await Promise.race([
      applied.first,
      clock.sleep(withinMs, AbortSignal.any([signal, isOver.signal])).then(() => null),
    ]);
    isOver.abort();
    if (first !== null)
      return {
        effect: { timeNs: first.timeNs, evidence: describe(first) },
        heal: async () => ({ timeNs: await lift(applied), evidence: account(applied) }),
      };
    const { unreadable, matched } = applied.account();
    await applied.lift();
    const lookedFor = ((clock.nowNs() - beganNs) / NS_PER_SECOND).toFixed(1);
    const what = `${fault.api === 'any' ? '' : `${fault.api} `}${fault.message}`;
    const nothing =
      matched === 0
        ? `no ${what} of such a client came by within ${lookedFor} s`
        : `${counted(matched, what)} came by within ${lookedFor} s, and none of them was the one to be struck`;
    if (unreadable === 0) throw new Failure(`Nothing was struck: ${nothing}.`);
    return {
      effect: {
        timeNs: beganNs,
        evidence: `not observed: ${nothing}; ${unread(unreadable)}`,
        verified: false,
      },
      heal: async () => ({ timeNs: clock.nowNs(), evidence: 'it was over already' }),
    };

    async function lift(rule: AppliedRule): Promise<number> {
      await rule.lift();
      return clock.nowNs();
    }
  },
};

/** @throws Failure (usage) where clients do not go through a proxy. */
function proxyOf(proxy: RequestProxy | null | undefined): RequestProxy {
  if (proxy !== null && proxy !== undefined) return proxy;
  throw new Failure('Here the clients’ requests do not go through a proxy, so none can be struck.', {
    hint: 'The proxy is there from the beginning of a run whose scenario has the fault "requests", in the labs netns, loopback and docker.',
    exitStatus: EXIT.usage,
  });
}

/** `EndTxn v1, request 12 of kept-3 to kafka2: dropped`. */
function describe({ api, version, correlationId, clientId, node, did }: Touched): string {
  return `${api} v${version}, request ${correlationId} of ${clientId ?? 'a client without a name'} to ${node}: ${did}`;
}

/** As many as a line has room for. */
const LISTED_MAX = 10;

function account(applied: AppliedRule): string {
  const { struck, first, matched, unreadable } = applied.account();
  const listed = first.slice(0, LISTED_MAX).map(describe);
  const rest = struck - listed.length;
  return [
    `struck ${grouped(struck)} of ${grouped(matched)}`,
    ...listed,
    ...(rest > 0 ? [`and ${grouped(rest)} more`] : []),
    ...(unreadable > 0 ? [unread(unreadable)] : []),
  ].join('; ');
}

function unread(count: number): string {
  return `the messages of ${counted(count, 'connection')} could not be told apart (TLS, or tokens of SASL)`;
}
