import { Failure } from '../src/core/failure.ts';

/** The failure that an act ends with. @throws whatever else it throws, or where it is not refused. */
export async function refused(act: () => Promise<unknown>): Promise<Failure> {
  try {
    await act();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
