import type { ValueState } from "@millrace/contracts";
import { createWindowOperator, session } from "@millrace/operators";
import { expect, it } from "vitest";
import { createHarness } from "../../src/harness/index.ts";
import { folded, specOf } from "./window-harness.ts";

it("sessions with lateness are found without looking at all that their key has", async () => {
  let looks = 0;
  const spec = specOf({ assigner: session(10), allowedLatenessMs: 3, contents: folded, process: undefined });
  const harness = await createHarness<unknown, unknown>({
    create: () => createWindowOperator(spec),
    wrapKeyed: (keyed) => ({
      ...keyed,
      states(declared) {
        const states = keyed.states(declared);
        for (const sessions of Object.values(states) as unknown as ValueState<number[]>[]) countLooks(sessions, () => looks++);
        return states;
      },
    }),
  });
  for (const after of [0, 5]) for (let id = 0; id < 512; id++) harness.element({ key: "a", id }, 100 * ((id * 77) % 512) + after);
  harness.watermark(Number.POSITIVE_INFINITY);
  expect(harness.values()).toHaveLength(512);
  expect(harness.stateEmpty()).toBe(true);
  expect(looks).toBeLessThan(150 * 512);
  await harness.close();
});

/** Tells of each number of the key's sessions that is looked at, and of each call that looks at some. */
function countLooks(state: ValueState<number[]>, look: () => void): void {
  const value = state.value.bind(state);
  Object.assign(state, {
    value() {
      const held = value();
      if (held === undefined) return undefined;
      return new Proxy(held, {
        get(target, name) {
          const found: unknown = Reflect.get(target, name);
          if (name !== "length") look();
          return typeof found === "function" ? found.bind(target) : found;
        },
      });
    },
  });
}
