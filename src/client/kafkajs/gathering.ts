import type { Session } from './session.ts';

/** What one partition asks of its leader. */
export interface Question {
  partition: number;
}

interface Waiting<Q, A> {
  question: Q;
  resolve: (answer: A) => void;
  reject: (reason: unknown) => void;
}

interface Queue<Q, A> {
  waiting: Waiting<Q, A>[];
  isAsking: boolean;
}

/**
 * Many partitions, one request: what partitions ask of one broker at the same time goes out together, and what comes
 * while a request is under way goes out with the next one. A broker answers the requests of a connection one after the
 * other, so a hundred requests that each wait for new records would wait for each other, and none would be in time.
 */
export class Gathering<Q extends Question, A> {
  readonly #ask: (session: Session, questions: readonly Q[]) => Promise<ReadonlyMap<number, A>>;
  readonly #areAlike: boolean;
  readonly #queues = new WeakMap<Session, Queue<Q, A>>();

  /**
   * @param ask answers by partition, each of which stands at most once among the questions.
   * @param options.areAlike whether all questions of a partition are the same one, so that one answer serves them all.
   */
  constructor(
    ask: (session: Session, questions: readonly Q[]) => Promise<ReadonlyMap<number, A>>,
    { areAlike = false } = {},
  ) {
    this.#ask = ask;
    this.#areAlike = areAlike;
  }

  /** Rejects as the request does, or where the answer leaves this partition out. */
  ask(session: Session, question: Q): Promise<A> {
    let queue = this.#queues.get(session);
    if (queue === undefined) this.#queues.set(session, (queue = { waiting: [], isAsking: false }));
    const { waiting } = queue;
    const answer = new Promise<A>((resolve, reject) => waiting.push({ question, resolve, reject }));
    if (!queue.isAsking) void this.#askAll(session, queue);
    return answer;
  }

  async #askAll(session: Session, queue: Queue<Q, A>): Promise<void> {
    queue.isAsking = true;
    for (;;) {
      // Everybody who is about to ask comes first, and everybody who was just answered and asks again.
      await new Promise((resolve) => setImmediate(resolve));
      if (queue.waiting.length === 0) break;
      const { questions, asking } = this.#take(queue.waiting);
      try {
        const answers = await this.#ask(session, questions);
        for (const { question, resolve, reject } of asking) {
          const answer = answers.get(question.partition);
          if (answer === undefined) reject(new Error(`no answer for partition ${question.partition}`));
          else resolve(answer);
        }
      } catch (thrown) {
        for (const { reject } of asking) reject(thrown);
      }
    }
    queue.isAsking = false;
  }

  /** Takes a question of each partition, and those who asked it. */
  #take(waiting: Waiting<Q, A>[]): { questions: Q[]; asking: Waiting<Q, A>[] } {
    const questions = new Map<number, Q>();
    const asking: Waiting<Q, A>[] = [];
    const left: Waiting<Q, A>[] = [];
    for (const each of waiting.splice(0)) {
      const { question } = each;
      const isNew = !questions.has(question.partition);
      if (isNew) questions.set(question.partition, question);
      (isNew || this.#areAlike ? asking : left).push(each);
    }
    waiting.push(...left);
    return { questions: [...questions.values()], asking };
  }
}
