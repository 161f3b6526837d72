import { asyncRetry } from "millrace";
import { type Branch, exactly } from "./branch.ts";
import { sensorOf } from "./join-branches.ts";
import { type Reading, show } from "./reading.ts";

/** Asynchronous, all that can be left out left out: errors that pass, found values as they come. */
export const askAgain: Branch = {
  name: "askAgain",
  ordered: false,
  build: (all) => [
    all.unorderedWait(
      async (one: Reading, { attempt }) => {
        if (attempt <= one.value % 3) throw new Error("not yet");
        return `askAgain ${show(one)}`;
      },
      { uid: "askAgain", timeoutMs: 3_600_000, retry: asyncRetry.fixedDelay({ attempts: 3, delayMs: 4, ifError: () => true }) },
    ),
    all
      .lookupJoin(sensorOf, async (sensor) => (sensor === "s1" ? undefined : sensor.length))
      .select((one, length) => `askAgain found ${show(one)} ${length}`, {
        uid: "lookAgain",
        timeoutMs: 3_600_000,
        unordered: true,
        cache: { maxEntries: 2, ttlMs: 7 },
      }),
  ],
  judge: exactly("askAgain", (input) => [
    ...input.map((one) => `askAgain ${show(one)}`),
    ...input.filter(({ sensor }) => sensor !== "s1").map((one) => `askAgain found ${show(one)} ${one.sensor.length}`),
  ]),
};
