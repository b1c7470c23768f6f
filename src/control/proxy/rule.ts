import type { Link } from '../../core/link.ts';
import { isWorkersClientId, READER_CLIENT_ID, workerOfClientId } from '../../core/client-id.ts';
import { apiName, KAFKA_APIS, type KafkaApi } from '../../core/kafka-apis.ts';
import type { SeenRequest } from './conversation.ts';

/** What becomes of a message that a rule strikes. */
export type RequestAction = 'delay' | 'hold' | 'drop' | 'duplicate' | 'reorder' | 'reset' | 'throttle';

/** Which messages are struck, and how. The fault `requests` has the same fields; see there for what they mean. */
export interface RequestRule {
  do: RequestAction;
  api: KafkaApi | 'any';
  message: 'request' | 'answer';
  from: 'workers' | 'readers' | 'anyone' | readonly number[];
  skip: number;
  every: number;
  times?: number | undefined;
  delayMs?: number | undefined;
  until?: KafkaApi | undefined;
  bytesPerSecond?: number | undefined;
}

/** A rule in force at some brokers: counts for each client what came by, and says which of it is struck. */
export class RuleInForce {
  readonly rule: RequestRule;
  readonly #nodes: ReadonlySet<string>;
  /** By client id. */
  readonly #seen = new Map<string | null, number>();
  readonly #struck = new Map<string | null, number>();

  /** @param links of the clients' place and the brokers whose requests are meant */
  constructor(rule: RequestRule, links: readonly Link[]) {
    this.rule = rule;
    this.#nodes = new Set(links.flatMap(({ from, to }) => [from, to]));
  }

  /** How many messages it would have struck if they all were meant. */
  get matched(): number {
    return [...this.#seen.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Whether this one is struck. Counts it. */
  strikes(message: 'request' | 'answer', node: string, request: SeenRequest): boolean {
    const { rule } = this;
    if (message !== rule.message || !this.#nodes.has(node)) return false;
    if (rule.api !== 'any' && request.api !== KAFKA_APIS[rule.api]) return false;
    const { clientId } = request;
    if (!isFrom(rule.from, clientId)) return false;
    const before = this.#seen.get(clientId) ?? 0;
    this.#seen.set(clientId, before + 1);
    const struck = this.#struck.get(clientId) ?? 0;
    if (struck >= (rule.times ?? Infinity)) return false;
    if (before < rule.skip || (before - rule.skip) % rule.every !== 0) return false;
    this.#struck.set(clientId, struck + 1);
    return true;
  }
}

function isFrom(from: RequestRule['from'], clientId: string | null): boolean {
  if (from === 'anyone') return true;
  if (from === 'readers') return clientId === READER_CLIENT_ID;
  if (from === 'workers') return isWorkersClientId(clientId);
  const worker = workerOfClientId(clientId);
  return worker !== null && from.includes(worker);
}

/** A message that a rule has struck. */
export interface Touched {
  /** When it came by; on the clock of the run. */
  timeNs: number;
  api: string;
  version: number;
  correlationId: number;
  clientId: string | null;
  node: string;
  /** What was done to it, in words: `dropped`. */
  did: string;
  /** Whether the broker has answered a request that came late or twice; nobody need have waited for it. */
  isAnswered: boolean;
}

export function touchedOf(request: SeenRequest, node: string, timeNs: number, did: string): Touched {
  const { api, version, correlationId, clientId } = request;
  return { timeNs, api: apiName(api), version, correlationId, clientId, node, did, isAnswered: false };
}
