import type { Io, Output, Signal } from "../src/io.ts";

/** Keeps what is written to it. */
export class Pipe implements Output {
  text = "";
  readonly #onError = new Set<(error: NodeJS.ErrnoException) => void>();

  write(text: string): boolean {
    this.text += text;
    return true;
  }
  on(event: string, listener: (error: NodeJS.ErrnoException) => void): void {
    if (event === "error") this.#onError.add(listener);
  }
  off(_event: string, listener: (error: NodeJS.ErrnoException) => void): void {
    this.#onError.delete(listener);
  }

  fail(code: string): void {
    for (const listener of [...this.#onError]) listener(Object.assign(new Error(code), { code }));
  }
  get listeners(): number {
    return this.#onError.size;
  }
}

/** A process around a command: pipes or what is given, signals that a test sends, an exit that is only noted. */
export class FakeIo implements Io {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly out = new Pipe();
  readonly err = new Pipe();
  readonly env: Record<string, string | undefined>;
  readonly cwd: string;
  readonly exits: number[] = [];
  readonly #signals = new Set<(signal: Signal) => void>();
  readonly #exiting = new Set<() => void>();

  constructor(options: { cwd?: string; env?: Record<string, string>; terminal?: Output } = {}) {
    this.cwd = options.cwd ?? process.cwd();
    this.env = options.env ?? {};
    this.stdout = options.terminal ?? this.out;
    this.stderr = options.terminal ?? this.err;
  }

  onSignal(listener: (signal: Signal) => void): () => void {
    this.#signals.add(listener);
    return () => this.#signals.delete(listener);
  }
  onExit(listener: () => void): () => void {
    this.#exiting.add(listener);
    return () => this.#exiting.delete(listener);
  }
  /** Nobody but the command ends this process. */
  onEarlyExit(): () => void {
    return () => undefined;
  }
  flushed = async (): Promise<Error | undefined> => undefined;
  aside<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }
  exit(code: number): void {
    for (const listener of this.#exiting) listener();
    this.exits.push(code);
  }

  signal(signal: Signal): void {
    for (const listener of [...this.#signals]) listener(signal);
  }
  get listeners(): number {
    return this.#signals.size + this.#exiting.size;
  }
}
