import { asyncRetry, type Collector, t, tumbling } from "millrace";
import { dueAt } from "../progress/due.ts";
import { type Branch, exactly } from "./branch.ts";
import { type Reading, readingCodec, show } from "./reading.ts";
import { sums } from "./window-branches.ts";
import { fixedWindowSums } from "./window-judges.ts";

const NEVER_MS = 3_600_000;
const unanswered = -1;

/** Time goes by between the attempts, so that records are under way when checkpoints are taken. */
const patiently = asyncRetry.exponentialBackoff<{ answer: number }>({
  attempts: 4,
  initialDelayMs: 3,
  maxDelayMs: 40,
  ifResult: ({ answer }) => answer === unanswered,
});
const answerOf = (one: Reading, attempt: number) => ({ one, answer: attempt > one.value % 4 ? one.value * 2 : unanswered });
const answerCodec = t.object({ one: readingCodec, answer: t.integer() });
const options = { timeoutMs: NEVER_MS, capacity: 4, codec: readingCodec };

export const asyncBranches: readonly Branch[] = [
  {
    name: "ask",
    due: dueAt(2),
    ordered: false,
    build: (all) => [
      all
        .unorderedWait(async (one, { attempt }) => answerOf(one, attempt), { uid: "ask", ...options, retry: patiently })
        .map(({ one, answer }) => `ask ${show(one)} ${answer}`),
    ],
    judge: exactly("ask", (input) => input.map((one) => `ask ${show(one)} ${one.value * 2}`)),
  },
  {
    name: "askInOrder",
    due: dueAt(2),
    // Their order shows in running sums. In one subtask: at another parallelism, what is under way goes to several.
    ordered: true,
    build: (all) => [
      all
        .orderedWait(async (one, { attempt }) => answerOf(one, attempt), { uid: "askInOrder", parallelism: 1, ...options, retry: patiently })
        .keyBy(({ one }) => one.sensor)
        .reduce((a, b) => ({ one: b.one, answer: a.answer + b.answer }), {
          uid: "answers",
          codec: answerCodec,
        })
        .map(({ one, answer }) => `askInOrder ${show(one)} ${answer}`),
    ],
    judge: exactly("askInOrder", (input) => {
      const totals = new Map<string, number>();
      return input.map((one) => {
        const total = (totals.get(one.sensor) ?? 0) + one.value * 2;
        totals.set(one.sensor, total);
        return `askInOrder ${show(one)} ${total}`;
      });
    }),
  },
  {
    name: "askWindows",
    due: dueAt(3, -1),
    ordered: false,
    // A watermark that overtook a record would make it late.
    build: (all) => [
      sums(
        "askWindows",
        all
          .unorderedWait(async (one, { attempt }) => answerOf(one, attempt), { uid: "askFirst", ...options, retry: patiently })
          .map(({ one }) => one)
          .keyBy((one) => one.sensor)
          .window(tumbling(300)),
      ),
    ],
    judge: exactly("askWindows", (input) => fixedWindowSums("askWindows", input, 300, 300)),
  },
  {
    name: "askInVain",
    due: dueAt(-2),
    ordered: false,
    build: (all) => [
      all.orderedWait(
        {
          asyncInvoke: (one: Reading) => (one.value % 7 === 0 ? new Promise<string>(() => undefined) : Promise.resolve(`askInVain ${show(one)}`)),
          timeout: (one: Reading, _context, out: Collector<string>) => out.collect(`askInVain timeout ${show(one)}`),
        },
        { uid: "askInVain", ...options, timeoutMs: 30 },
      ),
    ],
    judge: exactly("askInVain", (input) => input.map((one) => `askInVain ${one.value % 7 === 0 ? "timeout " : ""}${show(one)}`)),
  },
  {
    name: "lookup",
    due: dueAt(2),
    ordered: false,
    build: (all) => [
      all
        .lookupJoin(
          (one) => one.value,
          async (value) => (value % 10 === 0 ? undefined : value * 2),
        )
        .leftOuter()
        .select((one, double) => `lookup ${show(one)} ${double ?? "-"}`, { uid: "lookup", ...options, cache: { maxEntries: 10, ttlMs: 20 } }),
    ],
    judge: exactly("lookup", (input) => input.map((one) => `lookup ${show(one)} ${one.value % 10 === 0 ? "-" : one.value * 2}`)),
  },
];
