/** An error on its way to the top, with the exit code that it has if no code of its own claims one. */
export class Failure extends Error {
  readonly error: unknown;
  readonly exitCode: number;
  /** Takes secrets out of what is said of the error. */
  readonly redact: (text: string) => string;

  constructor(error: unknown, exitCode: number, redact: (text: string) => string = (text) => text) {
    super("failure");
    this.error = error;
    this.exitCode = exitCode;
    this.redact = redact;
  }
}

/** Errors of `work` end the command with `exitCode`, unless they say otherwise themselves. */
export async function failingWith<T>(exitCode: number, work: () => T | Promise<T>, redact?: (text: string) => string): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(error, exitCode, redact);
  }
}
