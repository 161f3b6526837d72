import { limits } from "@millrace/core";
import { startJob } from "millrace";
import { expect, it } from "vitest";
import { inDirectory, until } from "../support.ts";
import talkative from "./talkative.ts";

it(
  "a job that writes a line for each record leaves the main thread its turns, takes checkpoints, loses no line and ends when it is told to",
  {
    timeout: 90_000,
  },
  () =>
    inDirectory(async (stateDir) => {
      const parallelism = 3;
      const module = new URL("./talkative.ts", import.meta.url).href;
      const job = await startJob(talkative, { stateDir, parallelism, module, checkpointIntervalMs: 20 });
      const next: number[] = [];
      const outOfOrder: string[] = [];
      let checkpoints = 0;
      let lines = 0;
      job.on((event) => {
        if (event.kind === "checkpointCompleted") checkpoints++;
        if (event.kind !== "console") return;
        lines++;
        const { worker, text } = event;
        // What was said before anybody listened is kept in part.
        if (Number(text) !== (next[worker] ?? Number(text))) outOfOrder.push(`${worker}: ${text}, not ${next[worker]}`);
        next[worker] = Number(text) + 1;
      });
      let before = lines;
      let mostBetweenTurns = 0;
      let over = false;
      const turn = (): void => {
        mostBetweenTurns = Math.max(mostBetweenTurns, lines - before);
        before = lines;
        if (!over) setImmediate(turn);
      };
      turn();
      await until(() => checkpoints >= 5 && lines >= 5_000);
      expect((await job.cancel()).end).toBe("cancelled");
      over = true;
      expect(outOfOrder).toEqual([]);
      expect(next).toHaveLength(parallelism);
      expect(mostBetweenTurns).toBeLessThanOrEqual(parallelism * limits.consoleLinesMax);
    }),
);
