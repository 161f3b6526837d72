import { asyncRetry, datagen, defineJob, type JobDefinition, type Sink, t } from "millrace";
import { pause, upTo } from "../support.ts";

/** Answers after a moment that depends on the number, and is busy now and then. */
export async function answer(n: number, { attempt }: { attempt: number }): Promise<number> {
  if (n % 3 > 0) await pause(n % 4);
  if (n % 50 === 7 && attempt === 1) throw new Error("busy");
  return n * 10;
}

const retry = asyncRetry.fixedDelay<number>({ attempts: 3, delayMs: 1 });

/** Asks about each number below `count`, and tries again what is busy. */
export function numbersJob(count: number, sink: Sink<number>, ordered: boolean, call = answer): JobDefinition {
  return defineJob("answers", (env) => {
    const numbers = env.from(datagen({ generate: (n: number) => n, count }), { uid: "numbers" });
    const options = { uid: "ask", timeoutMs: 10_000, capacity: 16, retry, codec: t.integer() };
    (ordered ? numbers.orderedWait(call, options) : numbers.unorderedWait(call, options)).to(sink, { uid: "out" });
  });
}

/** What comes of the numbers below `count`, each once. */
export const answers = (count: number): number[] => upTo(count).map((n) => n * 10);
