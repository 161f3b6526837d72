import { describe, expect, test } from "vitest";
import type { AfterMatchSkip } from "../pattern/skip.ts";
import { skippedUpTo } from "./after-match.ts";

describe("a match of more events than a call takes arguments", () => {
  const match = [[7], Array.from({ length: 200_000 }, (_, n) => n + 8), []];

  test.each([
    [{ kind: "skipToNext" }, 7],
    [{ kind: "skipPastLastEvent" }, 200_007],
    [{ kind: "skipToLast", name: "b", throwOnMiss: true }, 200_006],
    [{ kind: "skipToFirst", name: "b", throwOnMiss: true }, 7],
  ] as readonly [AfterMatchSkip, number][])("is skipped as any other: %o", (skip, expected) => {
    expect(skippedUpTo(skip, ["a", "b", "c"], match)).toBe(expected);
  });
});
