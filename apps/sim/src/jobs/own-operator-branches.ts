import { type Operator, type OperatorContext, state, t } from "millrace";
import { type Branch, exactly } from "./branch.ts";
import { isEven, isLow } from "./join-branches.ts";
import { keeping } from "./keeping.ts";
import { type Reading, show } from "./reading.ts";

const numberOf = ({ value }: Reading): number => value;
const seen = { sides: state.value(t.integer()) };
const BOTH = 3;

/** How long it takes nothing. */
const HELD_MS = 1;

/** Takes nothing for a moment behind every fifth value, and fails when something comes all the same. */
function holding(): Operator<Reading, string> {
  let context: OperatorContext<string>;
  let held: Reading | undefined;
  const emit = (one: Reading): void => context.output.collect(`holding ${show(one)}`, 0);
  const hold = (one: Reading): void => {
    held = one;
    context.hold();
    context.mailbox.after(HELD_MS, () => {
      held = undefined;
      emit(one);
      context.release();
    });
  };
  const alone = (what: string): void => {
    if (held !== undefined) throw new Error(`${what} comes to an operator that takes nothing`);
  };
  return {
    open(opened) {
      context = opened;
    },
    processElement(one) {
      alone("a record");
      if (one.value % 5 === 0) hold(one);
      else emit(one);
    },
    onWatermark() {
      alone("a watermark");
      return true;
    },
    endInput: () => alone("the end"),
    snapshotState: () => (held === undefined ? [] : [held]),
    restoreState(items) {
      for (const one of items as readonly Reading[]) {
        if (held === undefined) hold(one);
        else emit(one);
      }
    },
  };
}

/** Says once of a key that it has come from all inputs; `all` has a bit for each. */
function onceOf(name: string, all: number): () => Operator<Reading, string, Reading> {
  return () => {
    let context: OperatorContext<string>;
    let sides: ReturnType<typeof handles>;
    const handles = (opened: OperatorContext<string>) => opened.keyed.states(seen).sides;
    const came = ({ value }: Reading, side: number, timestamp: number): void => {
      context.keyed.setCurrentKey(value);
      const before = sides.value() ?? 0;
      if ((before | side) === before) return;
      sides.update(before | side);
      if ((before | side) === all) context.output.collect(`ownOperator ${name} ${value}`, timestamp);
    };
    return {
      open(opened) {
        context = opened;
        sides = handles(opened);
      },
      processElement: (one, timestamp) => came(one, 1, timestamp),
      processElement2: (one, timestamp) => came(one, 2, timestamp),
    };
  };
}

/** Different by what the name of a file can't say. Savepoints that were written long ago have them under their old names. */
const uids = { each: "came.once", both: "came-once" };

/** Operators of the job's own: with operator state, with keyed state behind a broadcast, with two keyed inputs. */
export const ownOperatorBranches: readonly Branch[] = [
  {
    name: "ownOperator",
    ordered: false,
    build: (all) => [
      all.transform(() => keeping("ownOperator kept"), { uid: "keeping" }),
      all
        .broadcast()
        .keyBy(numberOf)
        .transform(onceOf("each", 1) as () => Operator<Reading, string>, { uid: uids.each, uidAliases: ["each"], states: seen }),
      all
        .filter(isEven)
        .keyBy(numberOf)
        .connect(all.filter(isLow).keyBy(numberOf))
        .transform(onceOf("both", BOTH), { uid: uids.both, uidAliases: ["both"], states: seen }),
    ],
    judge: exactly("ownOperator", (input) => {
      const values = [...new Set(input.map(numberOf))];
      return [
        ...input.map((one) => `ownOperator kept ${show(one)}`),
        ...values.map((value) => `ownOperator each ${value}`),
        ...values.filter((value) => value % 2 === 0 && value < 40).map((value) => `ownOperator both ${value}`),
      ];
    }),
  },
];

/** An operator that takes nothing for a while, again and again. */
export const holdingBranch: Branch = {
  name: "holding",
  ordered: false,
  build: (all) => [all.transform(holding, { uid: "holding" })],
  judge: exactly("holding", (input) => input.map((one) => `holding ${show(one)}`)),
};
