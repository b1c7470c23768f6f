/** Where to turn with a history of a log, which none of the models is: null for all others. */
export function logHint(operations: readonly string[]): string | null {
  // Queues are polled as well.
  const isQueue = operations.includes('insert') || operations.includes('offer');
  return !isQueue && operations.some((f) => f === 'send' || f === 'poll')
    ? `These are operations on a log: "kept check" judges the run itself, the checker of Jepsen's Kafka workload its EDN.`
    : null;
}
