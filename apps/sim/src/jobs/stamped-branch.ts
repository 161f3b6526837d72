import type { Operator, OperatorContext } from "millrace";
import { type Branch, exactly } from "./branch.ts";
import { type Reading, show } from "./reading.ts";

/** How long an operator takes nothing: checkpoints overtake what waits before it, what is on its way again, too. */
const HELD_MS = 2;

/** What a reading becomes on its way. */
interface Stamped {
  readonly text: string;
  readonly value: number;
  readonly timestamp: number;
  /** How far event time had come where it was stamped. */
  readonly watermark: number;
}

/** Turns what comes into what goes on; behind some of it, it takes nothing for a moment. */
function halting<In, Out>(isHaltedBy: (value: In) => boolean, made: (value: In, watermark: number) => Out): Operator<In, Out> {
  let context: OperatorContext<Out>;
  return {
    open(opened) {
      context = opened;
    },
    processElement(value, timestamp) {
      context.output.collect(made(value, context.currentWatermark()), timestamp);
      if (!isHaltedBy(value)) return;
      context.hold();
      context.mailbox.after(HELD_MS, () => context.release());
    },
  };
}

const stamping = (): Operator<Reading, Stamped> =>
  halting(
    ({ value }) => value % 3 === 0,
    (one, watermark) => ({ text: `${one.at <= watermark ? "late " : ""}${show(one)}`, value: one.value, timestamp: one.at, watermark }),
  );

/** A watermark that went before a record has come before it, and none that was behind it. */
const checking = (): Operator<Stamped, string> =>
  halting(
    ({ value }) => value % 2 === 0,
    ({ text, timestamp, watermark: stamped }, watermark) => {
      const wrong = watermark < stamped ? `behind ${stamped} ` : timestamp <= watermark ? `ahead of ${timestamp} ` : "";
      return `stamped ${wrong}${text}`;
    },
  );

/** All records go through one subtask, which writes on each how far event time has come; it has come as far where they go from there. */
export const stampedBranch: Branch = {
  name: "stamped",
  ordered: false,
  build: (all) => [
    all
      .rebalance()
      .transform(stamping, { uid: "stamping", parallelism: 1 })
      .keyBy(({ value }) => value % 10)
      .transform(checking, { uid: "checking" }),
  ],
  judge: exactly("stamped", (input) => input.map((one) => `stamped ${show(one)}`)),
};
