import { EXIT, Failure } from '../core/failure.ts';

/** An engine that cannot be used at all, for no segment of a soak: there is none, or no such master. */
export class Unusable extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }

  /** What it throws is told apart from what is wrong with one history. */
  static async unless<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw error instanceof Failure && error.exitStatus === EXIT.usage ? new Unusable(error) : error;
    }
  }
}
