import { t } from "@millrace/codec";
import { seededRandom } from "@millrace/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compare, jobOf, stateOf } from "../../test/compared-jobs.ts";
import type { TestNode } from "../../test/plans.ts";
import type { LogicalPlan, PlannedState } from "../logical.ts";

describe("any two versions of a job", () => {
  const codecs = [t.integer(), t.number(), t.string(), t.nullable(t.integer()), t.any()];
  const names = ["a", "b", "c"];

  function randomJob(seed: number): LogicalPlan {
    const random = seededRandom(seed);
    const below = (limit: number): number => random.uint32() % limit;
    const of = <T>(list: readonly T[]): T => list[below(list.length)] as T;
    const states = (): PlannedState[] =>
      names
        .filter(() => below(2) === 0)
        .map((name) => ({
          ...stateOf(name, of(codecs), { kind: of(["value", "list", "reducing"]) }),
          ...(below(4) === 0 ? { ttlMs: 5 } : {}),
          ...(below(3) === 0 ? { aliases: [`${name}${below(2)}`] } : {}),
        }));
    const uids = ["x", "y", "z"].filter(() => below(3) > 0);
    return jobOf(
      ...uids.map(
        (uid): TestNode => ({
          kind: of(["keyedProcess", "coProcess", "reduce"] as const),
          uid: below(4) === 0 ? `${uid}${below(2)}` : uid,
          uidAliases: below(3) === 0 ? [`${uid}2`] : [],
          states: states(),
          timers: below(2) === 0 ? ["event"] : [],
        }),
      ),
    );
  }

  it("account for all that is held, drop nothing unasked, and refuse exactly when there are problems", () => {
    fc.assert(
      fc.property(fc.noShrink(fc.nat()), fc.noShrink(fc.nat()), fc.subarray(["x", "y", "z", "x1"]), (first, second, allowDrop) => {
        const [before, now] = [randomJob(first), randomJob(second)];
        const plan = compare(before, now, { allowDrop });
        expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
        const told = plan.operators.filter(({ from }) => from !== undefined);
        expect(told.map(({ from }) => from).sort()).toEqual(before.nodes.map(({ uid }) => uid).sort());
        for (const operator of told) {
          const node = before.nodes.find(({ uid }) => uid === operator.from);
          const states = operator.parts.filter(({ part, outcome }) => part === "state" && outcome !== "new").map(({ name, from }) => from ?? name);
          expect(states.sort()).toEqual(node?.states.map(({ name }) => name).sort());
          for (const { outcome } of operator.parts) {
            if (outcome === "dropped") expect(allowDrop.includes(operator.uid) || allowDrop.includes(operator.from ?? "")).toBe(true);
          }
        }
        const refused = plan.operators.some(({ outcome, parts }) => outcome === "refused" || parts.some((part) => part.outcome === "refused"));
        expect(plan.problems.length > 0).toBe(refused);
        for (const { hint, reason } of plan.problems) expect(hint !== "" && reason !== "").toBe(true);
        const all = compare(before, now, { allowDrop: [...before.nodes, ...now.nodes].map(({ uid }) => uid) });
        expect(all.problems).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("match in everything when they are the same", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const plan = compare(randomJob(seed), randomJob(seed));
        expect(plan.problems).toEqual([]);
        for (const { outcome, parts } of plan.operators)
          expect([outcome, ...parts.map((part) => part.outcome)].every((one) => one === "matched")).toBe(true);
      }),
    );
  });
});
