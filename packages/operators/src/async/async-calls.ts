import type { OperatorContext } from "@millrace/contracts";
import { isThenable, MillraceError, returned, truth } from "@millrace/core";
import type { AsyncSpec } from "./async-spec.ts";
import { asyncContextOf, guarded, placed } from "./entry-scope.ts";
import { abandon, type Entry, type Outcome } from "./in-flight-entry.ts";
import type { AsyncRetryStrategy } from "./retry.ts";

/** Who is told of what becomes of calls. */
export interface CallsListener {
  /** The entry has its outcome. */
  done(entry: Entry): void;
  /** Something has come through the mailbox: what is due may be emitted. */
  arrived(): void;
}

/** The calls of an asynchronous function, again as its retry strategy says, until each record has its outcome or its time is over. */
export class AsyncCalls {
  readonly #spec: AsyncSpec;
  readonly #context: OperatorContext<unknown>;
  readonly #listener: CallsListener;
  #closed = false;

  constructor(spec: AsyncSpec, context: OperatorContext<unknown>, listener: CallsListener) {
    this.#spec = spec;
    this.#context = context;
    this.#listener = listener;
  }

  begin(entry: Entry): void {
    entry.cancelTimeout = this.#context.mailbox.after(this.#spec.timeoutMs, () => this.#timedOut(entry));
    this.#call(entry);
  }

  /** What settles from now on is not heard. */
  close(): void {
    this.#closed = true;
  }

  #call(entry: Entry): void {
    entry.attempt++;
    let result: unknown;
    try {
      result = this.#spec.fn.asyncInvoke(entry.value, asyncContextOf(this.#context, entry));
    } catch (error) {
      this.#failedWith(entry, error);
      return;
    }
    if (!isThenable(result)) {
      this.#settledWith(entry, result);
      return;
    }
    const { attempt } = entry;
    const { mailbox } = this.#context;
    const stillAsked = (): boolean => !this.#closed && entry.outcome === undefined && entry.attempt === attempt;
    result.then(
      (value) => {
        if (stillAsked()) mailbox.post(() => stillAsked() && this.#arrived(() => this.#settledWith(entry, value)));
      },
      (error: unknown) => {
        if (stillAsked()) mailbox.post(() => stillAsked() && this.#arrived(() => this.#failedWith(entry, error)));
      },
    );
  }

  #arrived(settle: () => void): void {
    settle();
    this.#listener.arrived();
  }

  #settledWith(entry: Entry, value: unknown): void {
    const { retry } = this.#spec;
    if (retry?.ifResult !== undefined && guarded(this.#context, entry, () => truth(retry.ifResult?.(value))) && this.#retry(entry, retry)) return;
    this.#done(entry, { kind: "result", value });
  }

  #failedWith(entry: Entry, error: unknown): void {
    const { retry } = this.#spec;
    const retries = retry !== undefined && guarded(this.#context, entry, () => truth(retry.ifError?.(error) ?? retry.ifResult === undefined));
    if (retries && this.#retry(entry, retry)) return;
    throw placed(error, this.#context, entry);
  }

  /** True when there is another attempt. */
  #retry(entry: Entry, retry: AsyncRetryStrategy<unknown>): boolean {
    if (entry.attempt >= retry.attempts) return false;
    const delayMs = returned(retry.delayMs(entry.attempt + 1));
    entry.cancelRetry = this.#context.mailbox.after(delayMs, () => {
      if (!this.#closed && entry.outcome === undefined) this.#arrived(() => this.#call(entry));
    });
    return true;
  }

  #timedOut(entry: Entry): void {
    if (this.#closed || entry.outcome !== undefined) return;
    if (this.#spec.fn.timeout === undefined) throw placed(timeout(this.#spec.timeoutMs, entry.attempt), this.#context, entry);
    this.#arrived(() => this.#done(entry, { kind: "timeout" }));
  }

  #done(entry: Entry, outcome: Outcome): void {
    entry.outcome = outcome;
    if (outcome.kind === "timeout") abandon(entry);
    else entry.cancelTimeout?.();
    this.#listener.done(entry);
  }
}

function timeout(timeoutMs: number, attempts: number): MillraceError {
  const calls = attempts === 1 ? "call" : `${attempts} calls`;
  return new MillraceError("ASYNC_TIMEOUT", `the asynchronous ${calls} for a record did not settle within ${timeoutMs} ms`, {
    hint: "raise timeoutMs, or give the function a timeout(…) that emits something in its place or sends the record to a side output",
  });
}
