import type { Cancel } from "@millrace/core";
import type { Operator, OperatorContext } from "millrace";
import { dueAfterReadings } from "../progress/due.ts";
import { apart } from "../world/apart.ts";
import { type Branch, exactly } from "./branch.ts";
import { type Reading, show } from "./reading.ts";

/** Whether a job whose progress is judged has it. Drawn apart from all else. */
export function drawAwaits(seed: number): boolean {
  return apart(seed, "awaits").oneIn(3);
}

/** Between two operators of one subtask. */
interface Bell {
  wanted: boolean;
  /** Asks the second one. */
  ring: () => void;
  /** It tells the first one. */
  rung: () => void;
}

/** By subtask. */
class Bells {
  readonly #bells: Bell[] = [];

  of(subtask: number): Bell {
    this.#bells[subtask] ??= { wanted: false, ring: () => undefined, rung: () => undefined };
    return this.#bells[subtask];
  }
}

/** After so long it asks again: a clock that was put back would make it wait. */
const PATIENCE_MS = 50;

/**
 * Behind every seventh value it takes nothing until a timer of the operator behind it has fired. Its own, which fell due meanwhile, is to come as soon as it
 * takes something again.
 */
function awaiting(bells: Bells): Operator<Reading, string> {
  let context: OperatorContext<string>;
  let bell: Bell;
  let cancelAsking: Cancel = () => undefined;
  let dueMs = Number.POSITIVE_INFINITY;
  const held: Reading[] = [];
  const ask = (): void => {
    bell.ring();
    cancelAsking = context.mailbox.after(PATIENCE_MS, ask);
  };
  const wakeSoon = (): void => {
    dueMs = context.now() + 1;
    context.wakeAt(dueMs);
  };
  const release = (): void => {
    cancelAsking();
    // The clock was put back.
    if (dueMs > context.now() + 1) wakeSoon();
    context.release();
  };
  const flush = (): void => {
    for (const one of held.splice(0)) context.output.collect(`awaiting ${show(one)}`, 0);
  };
  const hold = (one: Reading): void => {
    held.push(one);
    if (held.length > 1) return;
    wakeSoon();
    context.hold();
    bell.wanted = true;
    ask();
  };
  return {
    open(opened) {
      context = opened;
      bell = bells.of(context.subtask);
      bell.wanted = false;
      bell.rung = () => context.mailbox.post(release);
    },
    processElement(one) {
      if (one.value % 7 === 0) hold(one);
      else context.output.collect(`awaiting ${show(one)}`, 0);
    },
    onProcessingTime() {
      flush();
      return true;
    },
    endInput: flush,
    snapshotState: () => [...held],
    restoreState(items) {
      for (const one of items as readonly Reading[]) hold(one);
    },
  };
}

function answering(bells: Bells): Operator<string, string> {
  let context: OperatorContext<string>;
  let bell: Bell;
  let dueMs = Number.POSITIVE_INFINITY;
  return {
    open(opened) {
      context = opened;
      bell = bells.of(context.subtask);
      bell.ring = () => {
        dueMs = Math.min(dueMs, context.now() + 1);
        context.wakeAt(dueMs);
      };
      if (bell.wanted) bell.ring();
    },
    processElement: (line, timestamp) => context.output.collect(line, timestamp),
    onProcessingTime(time) {
      if (time < dueMs) throw new Error(`a timer for ${dueMs} fires at ${time}`);
      dueMs = Number.POSITIVE_INFINITY;
      if (bell.wanted) bell.rung();
      bell.wanted = false;
      return true;
    },
  };
}

/** An operator that takes nothing until the clock has gone on for one behind it. */
export const awaitingBranch: Branch = {
  name: "awaiting",
  ordered: false,
  build: (all) => {
    const bells = new Bells();
    return [all.transform(() => awaiting(bells), { uid: "awaiting" }).transform(() => answering(bells), { uid: "answering" })];
  },
  due: dueAfterReadings(0),
  judge: exactly("awaiting", (input) => input.map((one) => `awaiting ${show(one)}`)),
};
