import { type Operator, type OperatorContext, state, t } from "millrace";
import { type Branch, exactly } from "./branch.ts";
import { type Reading, show } from "./reading.ts";

/** How long an operator takes nothing: checkpoints overtake what waits before it, what is on its way again, too. */
const HELD_MS = 6;

/** What a reading becomes on its way. */
interface Stamped {
  readonly text: string;
  readonly value: number;
  readonly timestamp: number;
  /** How far event time had come where it was stamped. */
  readonly watermark: number;
  /** Rises from one to the next. */
  readonly number: number;
}

const keyOf = ({ value }: Stamped): number => value % 10;
const states = { last: state.value(t.integer()) };

/** Takes nothing for a moment. */
function halt(context: Pick<OperatorContext<unknown>, "hold" | "release" | "mailbox">): void {
  context.hold();
  context.mailbox.after(HELD_MS, () => context.release());
}

function stamping(): Operator<Reading, Stamped> {
  let context: OperatorContext<Stamped>;
  let number = 0;
  return {
    open(opened) {
      context = opened;
    },
    processElement(one) {
      const watermark = context.currentWatermark();
      const text = `${one.at <= watermark ? "late " : ""}${show(one)}`;
      context.output.collect({ text, value: one.value, timestamp: one.at, watermark, number: number++ }, one.at);
      if (one.value % 9 === 0) halt(context);
    },
    snapshotState: () => [number],
    restoreState(items) {
      number = Math.max(...items.map(Number));
    },
  };
}

/** A watermark that went before a record has come before it, and none that was behind it; those of a key come as they went. */
function checking(): Operator<Stamped, string, Stamped> {
  let context: OperatorContext<string>;
  let last: ReturnType<typeof handles>;
  const handles = (opened: OperatorContext<string>) => opened.keyed.states(states).last;
  const wrongOf = ({ timestamp, watermark: stamped, number }: Stamped): string => {
    const watermark = context.currentWatermark();
    if (watermark < stamped) return `behind ${stamped} `;
    if (timestamp <= watermark) return `ahead of ${timestamp} `;
    return number <= (last.value() ?? -1) ? "out of order " : "";
  };
  return {
    open(opened) {
      context = opened;
      last = handles(opened);
    },
    processElement(one, timestamp) {
      context.keyed.setCurrentKey(keyOf(one));
      context.output.collect(`stamped ${wrongOf(one)}${one.text}`, timestamp);
      last.update(one.number);
      halt(context);
    },
  };
}

/** All records go through one subtask, which writes on each its number and how far event time has come; it has come as far where they go from there. */
export const stampedBranch: Branch = {
  name: "stamped",
  ordered: false,
  build: (all) => [
    all
      .rebalance()
      .transform(stamping, { uid: "stamping", parallelism: 1 })
      .keyBy(keyOf)
      .transform(checking as () => Operator<Stamped, string>, { uid: "checking", states }),
  ],
  judge: exactly("stamped", (input) => input.map((one) => `stamped ${show(one)}`)),
};
