/**
 * Why @platformatic/kafka gave a write up, in one word: its errors hold the errors of all attempts, and each of these those
 * of the partitions or of the socket. The last attempt ended it, and what is innermost there says most: the broker's error
 * (`NOT_LEADER_OR_FOLLOWER`), the socket's (`ECONNRESET`), or the library's own class (`TimeoutError`), since all of these
 * call themselves `Error`.
 */
export function causeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'UNKNOWN';
  const { errors, cause, apiId, code } = thrown as Error & {
    errors?: readonly unknown[];
    apiId?: unknown;
    code?: unknown;
  };
  const inner = errors?.findLast((error) => error instanceof Error) ?? cause;
  if (inner instanceof Error) return causeOf(inner);
  if (typeof apiId === 'string') return apiId;
  if (typeof code === 'string' && !code.startsWith('PLT_')) return code;
  return thrown.constructor.name;
}
