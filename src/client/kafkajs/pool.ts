import { openSession, type Session, type SessionOptions } from './session.ts';

/** One session per broker, opened when first needed and again after it ended. */
export interface Pool {
  /**
   * Writers that come while it is being opened share the attempt and its failure.
   * @throws Unanswered when the broker cannot be reached
   */
  to(address: string): Promise<Session>;
  /** Lets what was given to the sockets go out, as far as that takes no longer than two seconds. */
  close(): Promise<void>;
}

interface Slot {
  opening: Promise<Session>;
  /** Null until it is open. */
  session: Session | null;
}

const FINISH_WITHIN_MS = 2000;

export function createPool(options: SessionOptions): Pool {
  const slots = new Map<string, Slot>();
  let closed = false;

  const open = (address: string): Promise<Session> => {
    const slot: Slot = { opening: openSession(address, options), session: null };
    slots.set(address, slot);
    slot.opening.then(
      (session) => {
        slot.session = session;
        if (closed) session.destroy('CLOSED');
      },
      () => {
        if (slots.get(address) === slot) slots.delete(address);
      },
    );
    return slot.opening;
  };

  return {
    to(address) {
      const slot = slots.get(address);
      const alive = slot !== undefined && (slot.session === null || slot.session.usable);
      return alive ? slot.opening : open(address);
    },
    async close() {
      closed = true;
      const finished = [...slots.values()].flatMap(({ session }) => session?.finish(FINISH_WITHIN_MS) ?? []);
      await Promise.all(finished);
    },
  };
}
