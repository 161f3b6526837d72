/** A terminal, a pipe or a file. */
export interface Output {
  write(text: string): boolean;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  on(event: "resize" | "drain", listener: () => void): unknown;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
  off(event: "resize" | "drain", listener: () => void): unknown;
  off(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

export type Signal = "SIGINT" | "SIGTERM";

/** What a command sees of the process around it. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Hears signals instead of being ended by them; the returned function ends that. */
  onSignal(listener: (signal: Signal) => void): () => void;
  /** Called when the process ends, whatever the reason short of SIGKILL; synchronously. */
  onExit(listener: () => void): () => void;
  /** Called when somebody else ends the process as if all were well, with 0: it ends with `code` instead. The returned function ends that. */
  onEarlyExit(code: number, listener: () => void): () => void;
  /**
   * Resolves when all that was written has been taken by those who read it, however slow they are, or nobody does any more: with the error
   * of a standard output that could not be written (a full disk), not with that of a reader who has gone.
   */
  flushed(): Promise<Error | undefined>;
  /** What is written to the standard output while `work` goes on, by code that is not this command's, goes to the standard error. */
  aside<T>(work: () => Promise<T>): Promise<T>;
  /** Ends the process at once; what nobody has read by then is lost. */
  exit(code: number): void;
}

/**
 * The process as it is. A reader of one of its streams that goes away (`| head`) does not end it, nor does a disk that is full: what is
 * written there from then on is dropped. `flushed` tells of the disk, and a command that can do better listens for errors itself.
 */
export function processIo(): Io {
  let lost: Error | undefined;
  process.stderr.on("error", () => undefined);
  process.stdout.on("error", (error) => {
    if (!isReaderGone(error)) lost ??= error;
  });
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    onSignal: (listener) => {
      const signals: readonly Signal[] = ["SIGINT", "SIGTERM"];
      for (const signal of signals) process.on(signal, listener);
      return () => {
        for (const signal of signals) process.off(signal, listener);
      };
    },
    onExit: (listener) => {
      process.on("exit", listener);
      return () => process.off("exit", listener);
    },
    onEarlyExit: (code, listener) => {
      const onExit = (given: number): void => {
        if (given !== 0) return;
        process.exitCode = code;
        listener();
      };
      process.on("exit", onExit);
      return () => process.off("exit", onExit);
    },
    flushed: async () => {
      for (const stream of [process.stdout, process.stderr]) await taken(stream);
      // A file is written at once, and its error is told a moment later.
      await new Promise((resolve) => setImmediate(resolve));
      return lost;
    },
    aside,
    exit: (code) => process.exit(code),
  };
}

async function aside<T>(work: () => Promise<T>): Promise<T> {
  const own = Object.getOwnPropertyDescriptor(process.stdout, "write");
  Object.defineProperty(process.stdout, "write", { value: process.stderr.write.bind(process.stderr), configurable: true, writable: true });
  try {
    return await work();
  } finally {
    if (own === undefined) Reflect.deleteProperty(process.stdout, "write");
    else Object.defineProperty(process.stdout, "write", own);
  }
}

/** Whether whoever read an output has gone. */
export function isReaderGone(error: NodeJS.ErrnoException): boolean {
  return error.code === "EPIPE";
}

/** A pipe that is full keeps what is written to it, and would take it to its end with the process. */
async function taken(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    stream.once("close", resolve);
    stream.write("", () => resolve());
  });
}
