import type { HarnessOptions } from "../src/harness/index.ts";

/** An operator under test finds its states as `watch` has left them: wrapped, to count what is done with them. */
export function watchedStates(watch: (states: Readonly<Record<string, unknown>>) => void): HarnessOptions<unknown, unknown, unknown>["wrapKeyed"] {
  return (keyed) => ({
    ...keyed,
    states(declared) {
      const states = keyed.states(declared);
      watch(states);
      return states;
    },
  });
}
