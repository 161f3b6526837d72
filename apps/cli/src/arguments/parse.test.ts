import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { parseBytes, parseCount, parseDuration, parseParallelism, parseParameters } from "./parse.ts";

describe("what stands on the command line", () => {
  it("reads durations in every unit", () => {
    const read = ["250ms", "10s", "2m", "2min", "1.5h", "1d"].map((text) => parseDuration(text, "--every"));
    expect(read).toEqual([250, 10_000, 120_000, 120_000, 5_400_000, 86_400_000]);
  });

  it("reads fractions of a unit that no double holds exactly", () => {
    expect(["1.1h", "0.007s", "1.1d"].map((text) => parseDuration(text, "--every"))).toEqual([3_960_000, 7, 95_040_000]);
  });

  it("reads sizes as powers of 1024", () => {
    expect(["64k", "512m", "2g", "1.5g", "2GB", "2GiB"].map((text) => parseBytes(text, "--memory"))).toEqual([
      65_536, 536_870_912, 2_147_483_648, 1_610_612_736, 2_147_483_648, 2_147_483_648,
    ]);
  });

  it("reads auto as the number of cores", () => {
    expect(parseParallelism("auto", "--parallelism")).toBe(availableParallelism());
    expect(parseParallelism("3", "--parallelism")).toBe(3);
  });

  it("reads parameters, with = in their values", () => {
    expect(parseParameters(["out=results", "filter=a=b", "empty="])).toEqual({ out: "results", filter: "a=b", empty: "" });
  });

  it.each([
    () => parseDuration("10", "--every"),
    () => parseDuration("0s", "--every"),
    () => parseDuration("-1s", "--every"),
    () => parseDuration("0.0001ms", "--every"),
    () => parseBytes("2", "--memory"),
    () => parseBytes("2x", "--memory"),
    () => parseBytes("0g", "--memory"),
    () => parseCount("0", "--batch-size"),
    () => parseCount("1.5", "--batch-size"),
    () => parseCount("1e3", "--batch-size"),
    () => parseParallelism("all", "--parallelism"),
    () => parseParameters(["out"]),
    () => parseParameters(["=x"]),
    () => parseParameters(["a=1", "a=2"]),
  ])("refuses what it can't read, with an example: %s", (parse) => {
    expect(parse).toThrow(expect.objectContaining({ code: "COMMAND_ARGUMENT", hint: expect.stringMatching(/e\.g\.|once/) }));
  });
});
