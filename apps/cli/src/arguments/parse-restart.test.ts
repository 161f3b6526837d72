import { describe, expect, it } from "vitest";
import { parseRestart } from "./parse-restart.ts";

describe("restart strategies", () => {
  it.each([
    ["none", { kind: "none" }],
    ["fixed-delay:3:10s", { kind: "fixedDelay", attempts: 3, delayMs: 10_000 }],
    ["exponential-delay:500ms:2m", { kind: "exponentialDelay", initialDelayMs: 500, maxDelayMs: 120_000, factor: 1.5 }],
    ["failure-rate:3:5m:1s", { kind: "failureRate", failures: 3, intervalMs: 300_000, delayMs: 1_000 }],
  ])("%s is read", (text, strategy) => {
    expect(parseRestart(text, "--restart")).toEqual(strategy);
  });

  it.each([
    "",
    "never",
    "none:1",
    "fixed-delay",
    "fixed-delay:3",
    "fixed-delay:0:1s",
    "fixed-delay:3:10",
    "exponential-delay:1m:1s",
    "failure-rate:1:1s",
  ])("%j is refused with an example", (text) => {
    expect(() => parseRestart(text, "--restart")).toThrow(
      expect.objectContaining({ code: "COMMAND_ARGUMENT", hint: expect.stringContaining("--restart fixed-delay:3:10s") }),
    );
  });
});
