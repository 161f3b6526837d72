import { t } from "@millrace/codec";
import type { AsyncFunction } from "@millrace/contracts";
import { type AsyncRetryStrategy, asyncRetry, createAsyncOperator } from "@millrace/operators";
import type { HarnessTime } from "../harness/index.ts";
import type { CaseElement, CaseResult, SemanticsCase } from "./case.ts";
import { driveOperator } from "./drive-operator.ts";
import type { Variation } from "./variation.ts";

type Answer = readonly [time: number, how: "good" | "bad" | "error"];

interface Result {
  readonly id: number;
  /** Which of the element's answers it is; -1: given within the call, -2: the timeout's. */
  readonly answer: number;
  readonly how: string;
}

interface Retry {
  readonly kind: "fixed" | "exponential";
  readonly attempts: number;
  readonly delay: number;
  readonly max: number;
  readonly multiplier: number;
  readonly bad: boolean;
  readonly error: boolean;
}

/** More than any case has under way: Flink's harness would wait for ever for room. */
const CAPACITY = 1_000;
/** A case's timeout that it does not live to see. */
const NEVER_MS = 10_000;

export interface AsyncCaseOptions {
  /** Flink's strategy remembers the last pause for all records together, and goes on from it. */
  readonly backoff?: "own" | "shared";
}

/** Waits for asynchronous calls, ordered and unordered, with timeouts and retries. An element says when its calls are answered, and how. */
export async function runAsyncCase(recorded: SemanticsCase, variation: Variation, { backoff = "own" }: AsyncCaseOptions = {}): Promise<CaseResult> {
  const { spec } = recorded;
  const { output } = await driveOperator(
    recorded,
    {
      keyed: false,
      create: (_trace, time) =>
        createAsyncOperator({
          fn: (spec.handler === true ? { ...ask(time), timeout: emitTimeout } : ask(time)) as AsyncFunction<unknown, unknown>,
          ordered: spec.ordered === true,
          capacity: CAPACITY,
          timeoutMs: Number(spec.timeout),
          retry: spec.retry === undefined ? undefined : (strategyOf(spec.retry as unknown as Retry, backoff) as AsyncRetryStrategy<unknown>),
          codec: t.any(),
        }),
    },
    goesOnAsIfNothingHadBeen(recorded) ? variation : { ...variation, restoreHere: () => false },
  );
  return { output };
}

/**
 * A restore makes calls again: attempts and timeouts begin anew, and what was ready comes in the order of the calls. Flink does so
 * too, but its run has no restore.
 */
function goesOnAsIfNothingHadBeen({ spec }: SemanticsCase): boolean {
  return spec.ordered === true && spec.retry === undefined && Number(spec.timeout) > NEVER_MS;
}

/** A call takes the first answer after the time that it is made at; the first one of a record its first, though a restore makes it again later. */
function ask(time: HarnessTime): AsyncFunction<CaseElement, Result> {
  return {
    asyncInvoke(element, { attempt }) {
      const id = Number(element.id);
      if (element.t === "now") return { id, answer: -1, how: "good" };
      const answers = (element.ops ?? []) as unknown as readonly Answer[];
      const answer = attempt === 1 ? 0 : answers.findIndex(([at]) => at > time.now());
      const [at = Number.POSITIVE_INFINITY, how = "good"] = answers[answer] ?? [];
      return new Promise((resolve, reject) => {
        time.after(at - time.now(), () => (how === "error" ? reject(new Error("answer")) : resolve({ id, answer, how })));
      });
    },
  };
}

const emitTimeout: NonNullable<AsyncFunction<CaseElement, Result>["timeout"]> = (element, _context, out) =>
  out.collect({ id: Number(element.id), answer: -2, how: "timeout" });

/** Flink counts the attempts after the first call. */
function strategyOf(
  { kind, attempts: again, delay, max, multiplier, bad, error }: Retry,
  backoff: NonNullable<AsyncCaseOptions["backoff"]>,
): AsyncRetryStrategy<Result> {
  const attempts = again + 1;
  const predicates = { ifResult: bad ? ({ how }: Result) => how === "bad" : undefined, ifError: () => error };
  if (kind === "fixed") return asyncRetry.fixedDelay({ attempts, delayMs: delay, ...predicates });
  const own = asyncRetry.exponentialBackoff({ attempts, initialDelayMs: delay, maxDelayMs: max, multiplier, ...predicates });
  if (backoff === "own") return own;
  let last = delay;
  const delayMs = (attempt: number): number => {
    last = attempt <= 2 ? delay : Math.min(Math.trunc(last * multiplier), max);
    return last;
  };
  return { ...own, delayMs };
}
