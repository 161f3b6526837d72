import { startJob } from "millrace";
import { describe, expect, it } from "vitest";
import { mapping } from "./faulty-job.ts";

describe("a record of a kind that can't travel", () => {
  const refusals = [
    { what: "at parallelism 2", options: { parallelism: 2 } },
    { what: "with --dev at parallelism 1", options: { dev: true } },
  ];
  for (const { what, options } of refusals) {
    it(`is refused ${what}, by the path of its field`, async () => {
      const failing = mapping((n) => ({ order: { callback: n === 50 ? () => n : n } }));
      const running = await startJob(failing, { ephemeral: true, restart: { kind: "none" }, ...options });
      await expect(running.finished).rejects.toMatchObject({
        message: expect.stringContaining("order.callback"),
        code: expect.any(String),
        hint: expect.any(String),
      });
    });
  }
});
