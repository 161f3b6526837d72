import type { ValueState } from "@millrace/contracts";
import { session } from "@millrace/operators";
import { expect, it } from "vitest";
import { folded, scatteredSessions, specOf } from "./window-harness.ts";

it("sessions with lateness are found without looking at all that their key has", async () => {
  let looks = 0;
  const spec = specOf({ assigner: session(10), allowedLatenessMs: 3, contents: folded, process: undefined });
  const harness = await scatteredSessions(spec, (states) => {
    for (const sessions of Object.values(states) as ValueState<number[]>[]) countLooks(sessions, () => looks++);
  });
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
