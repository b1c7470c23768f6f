/** What the clients of a run call themselves towards the brokers, so that each request can be told whose it is. */

/** A worker's own client. */
export function workerClientId(worker: number): string {
  return `kept-${worker}`;
}

/** What reads the topic back, and what follows it while the run goes on. */
export const READER_CLIENT_ID = 'kept-reader';
/** What administers and observes the cluster. */
export const OTHER_CLIENT_ID = 'kept';

/** The number of the worker that calls itself so; null for any other client. */
export function workerOfClientId(clientId: string | null): number | null {
  const number = /^kept-(\d+)$/.exec(clientId ?? '')?.[1];
  return number === undefined ? null : Number(number);
}

/** Whether it is a worker, or something that a worker's program has started under a name of its own. */
export function isWorkersClientId(clientId: string | null): boolean {
  return clientId !== READER_CLIENT_ID && clientId !== OTHER_CLIENT_ID;
}
