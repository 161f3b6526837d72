import { expect, test } from "vitest";
import { apart, salts } from "../src/world/apart.ts";

test("what is drawn apart does not come together with other things that are", () => {
  expect(new Set(Object.values(salts)).size).toBe(Object.keys(salts).length);
});

test("draws are the seed's, and the process's where they are for one", () => {
  const drawn = (seed: number, pid?: number) => apart(seed, "rot", pid).below(1 << 30);
  expect(drawn(7, 1)).toBe(drawn(7, 1));
  expect(new Set([drawn(7), drawn(7, 1), drawn(8, 1)]).size).toBe(3);
});
