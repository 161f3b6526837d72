import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { canaries } from "../src/canaries/canaries.ts";
import { besideTheResults, harmless } from "../src/canaries/harmless/index.ts";
import { allMutants, drawMutants, isSame } from "../src/canaries/mutants.ts";
import { changedSource, repositoryRoot } from "../src/canaries/plant.ts";

describe("the canaries", () => {
  for (const { name, changes } of canaries) {
    it(`can plant ${name}: its place is in the source`, () => {
      for (const change of changes) expect(changedSource(change)).toContain(change.replace);
    });
  }
});

describe("mutants", () => {
  it("are the same for a seed, differ between seeds, and change their file", () => {
    const mutants = drawMutants(1, 10);
    expect(drawMutants(1, 10)).toEqual(mutants);
    expect(drawMutants(2, 10)).not.toEqual(mutants);
    for (const { find, replace } of drawMutants(3, 200)) expect(find.split("hint:")[1]).toBe(replace.split("hint:")[1]);
    for (const mutant of mutants) expect(changedSource(mutant)).not.toBe(changedSource({ ...mutant, replace: mutant.find }));
  });

  it("that are known to change no result can still be made, and are not drawn", () => {
    for (const path of besideTheResults) expect(existsSync(`${repositoryRoot}${path}`)).toBe(true);
    const all = allMutants();
    for (const known of harmless) expect(all.filter((mutant) => isSame(known, mutant))).toHaveLength(1);
    const drawn = drawMutants(1, all.length - harmless.length);
    expect(harmless.filter((known) => drawn.some((mutant) => isSame(known, mutant)))).toEqual([]);
  });
});
