import { t } from "@millrace/codec";
import { type Operator, type OperatorContext, state } from "@millrace/contracts";
import { createKeyedProcessOperator } from "@millrace/operators";
import { describe, expect, it } from "vitest";
import { steps } from "../harness/index.ts";
import { verifyOperator } from "./verify-operator.ts";

/** Sends what it got so far when a watermark comes. `yields`: gives way when it is asked to. */
function buffering(options: { keeps: boolean; yields: "well" | "losing" | "never ending" }): Operator<string, string> {
  let context: OperatorContext<string> | undefined;
  let buffered: string[] = [];
  return {
    open(opened) {
      context = opened;
    },
    processElement: (value) => {
      buffered.push(value);
    },
    onWatermark(watermark) {
      while (buffered.length > 0) {
        context?.output.collect(buffered.shift() ?? "", watermark);
        if (options.yields === "losing" && context?.shouldYield()) buffered = [];
        if (context?.shouldYield()) return options.yields === "losing";
      }
      return options.yields !== "never ending";
    },
    ...(options.keeps
      ? {
          snapshotState: () => [buffered],
          restoreState: (items: readonly unknown[]) => {
            buffered = items[0] as string[];
          },
        }
      : {}),
  };
}

const abc = [steps.element("a", 1), steps.element("b", 2), steps.element("c", 3), steps.watermark(5)];

describe("verifyOperator", () => {
  it("returns what a right operator emits", async () => {
    const outputs = await verifyOperator({ create: () => buffering({ keeps: true, yields: "well" }), steps: abc, keyed: false });
    expect(outputs.map((output) => (output.kind === "record" ? output.value : output.kind))).toEqual(["a", "b", "c", "watermark"]);
  });

  it("finds an operator that forgets its state in a restart", async () => {
    const run = verifyOperator({ create: () => buffering({ keeps: false, yields: "well" }), steps: abc, keyed: false });
    await expect(run).rejects.toThrow("with a restart after call 0");
  });

  it("finds an operator that loses the rest when it yields", async () => {
    const run = verifyOperator({ create: () => buffering({ keeps: true, yields: "losing" }), steps: abc, keyed: false });
    await expect(run).rejects.toThrow("with an output of one slot");
  });

  it("finds an operator that never comes to an end", async () => {
    const run = verifyOperator({ create: () => buffering({ keeps: true, yields: "never ending" }), steps: abc, keyed: false });
    await expect(run).rejects.toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ message: expect.stringContaining("no progress") }) }),
    );
  });

  it("finds an operator that changes a record", async () => {
    const create = (): Operator<{ n: number }, never> => ({
      processElement: (value) => {
        value.n++;
      },
    });
    await expect(verifyOperator({ create, steps: [steps.element({ n: 1 })], keyed: false })).rejects.toThrow("step 0 failed");
  });

  it("finds a function that changes a value read from state", async () => {
    const create = () =>
      createKeyedProcessOperator<string, string, number, { seen: ReturnType<typeof seenDeclaration> }>(
        {
          state: { seen: seenDeclaration() },
          processElement(value, context) {
            const seen = context.state.seen.value() ?? [];
            seen.push(value);
            context.state.seen.update(seen);
          },
        },
        () => "all",
      );
    await expect(verifyOperator({ create, steps: [steps.element("a"), steps.element("b")] })).rejects.toThrow("step 1 failed");
  });

  it("finds output that is not the expected one, but takes records of one time in any order", async () => {
    const options = { create: () => buffering({ keeps: true, yields: "well" }), steps: abc, keyed: false };
    const record = (value: string) => ({ kind: "record" as const, value, timestamp: 5 });
    const watermark = { kind: "watermark" as const, watermark: 5 };
    await verifyOperator({ ...options, expected: [record("c"), record("a"), record("b"), watermark] });
    await expect(verifyOperator({ ...options, expected: [record("a"), record("b"), watermark] })).rejects.toThrow("the plain run");
  });
});

function seenDeclaration() {
  return state.value(t.array(t.string()));
}
