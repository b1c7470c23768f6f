import type { Fault } from '../fault.ts';
import type { FaultWords } from './fault-words.ts';

type Requests = Extract<Fault, { kind: 'requests' }>;

const DO: Record<Requests['do'], string> = {
  delay: 'delay',
  hold: 'hold',
  drop: 'drop',
  duplicate: 'duplicate',
  reorder: 'reorder',
  reset: 'reset the connections of',
  throttle: 'slow',
};
const DONE: Record<Requests['do'], string> = {
  delay: 'delayed',
  hold: 'held',
  drop: 'dropped',
  duplicate: 'sent twice',
  reorder: 'passed by the next one',
  reset: 'met with a reset',
  throttle: 'slowed',
};

export const requestsWords: FaultWords<Requests> = {
  label: (fault) => `${DO[fault.do]} ${messagesOf(fault)} ${pathOf(fault, fault.target)}${detailsOf(fault)}`,
  struck: (fault, who) => `${messagesOf(fault)} ${pathOf(fault, who)} ${DONE[fault.do]}${detailsOf(fault)}`,
  healed: (fault, who) => `${messagesOf(fault)} ${pathOf(fault, who)} pass as they are`,
  lane: (fault) => `${messagesOf(fault)} ${DONE[fault.do]}`,
  links: 'impaired',
  // Every one of these is what a network may do to clients; no broker loses anything by it.
  isHarmless: true,
};

/** `EndTxn requests`. */
function messagesOf({ api, message }: Requests): string {
  return `${api === 'any' ? 'all' : api} ${message}s`;
}

function pathOf({ from, message }: Requests, brokers: string): string {
  const clients = clientsInWords(from);
  return message === 'request' ? `from ${clients} to ${brokers}` : `from ${brokers} to ${clients}`;
}

/** `workers`, `worker 3`, `workers 3, 4`. */
export function clientsInWords(from: Requests['from']): string {
  if (from === 'anyone') return 'all clients';
  if (typeof from === 'string') return from;
  return `${from.length === 1 ? 'worker' : 'workers'} ${from.join(', ')}`;
}

/** ` until AddPartitionsToTxn is answered elsewhere (the first of each client)`. */
function detailsOf(fault: Requests): string {
  const { delayMs, api } = fault;
  const how = {
    delay: ` by ${delayMs} ms`,
    hold: ` until ${fault.until ?? (api === 'any' ? 'another one' : api)} is answered elsewhere${delayMs === undefined ? '' : ` and ${delayMs} ms more`}`,
    throttle: ` to ${fault.bytesPerSecond} bytes/s`,
    drop: '',
    duplicate: '',
    reorder: '',
    reset: '',
  }[fault.do];
  const which = [
    ...(fault.skip > 0 ? [`after ${fault.skip}`] : []),
    ...(fault.every > 1 ? [`one of ${fault.every}`] : []),
    ...(fault.times === 1 ? ['the first of each client'] : []),
    ...(fault.times !== undefined && fault.times > 1 ? [`${fault.times} of each client`] : []),
  ];
  return `${how}${which.length === 0 ? '' : ` (${which.join(', ')})`}`;
}
