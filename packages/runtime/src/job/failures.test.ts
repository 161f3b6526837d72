import { MillraceError } from "@millrace/core";
import { expect, test } from "vitest";
import { tellsOfDamage } from "./failures.ts";

test("damage of a store is seen however deep below it lies", () => {
  const damage = new MillraceError("STATE_CORRUPT", "a checksum does not fit");
  expect(tellsOfDamage(new Error("failed", { cause: new Error("not read", { cause: damage }) }))).toBe(true);
  expect(tellsOfDamage(new Error("failed"))).toBe(false);
});

test("errors of users that cause each other tell of none", () => {
  const [one, other] = [new Error("one"), new Error("other")];
  one.cause = other;
  other.cause = one;
  expect(tellsOfDamage(one)).toBe(false);
});
