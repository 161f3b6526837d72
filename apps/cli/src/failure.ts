/** An error on its way to the top, with the exit code that it has if no code of its own claims one. */
export class Failure extends Error {
  readonly error: unknown;
  readonly exitCode: number;

  constructor(error: unknown, exitCode: number) {
    super("failure");
    this.error = error;
    this.exitCode = exitCode;
  }
}

/** Errors of `work` end the command with `exitCode`, unless they say otherwise themselves. */
export async function failingWith<T>(exitCode: number, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(error, exitCode);
  }
}
