import { describe, expect, it } from "vitest";
import { keptManifests } from "../src/world/manifests.ts";
import { worldWith } from "./world-with.ts";

/** Of checkpoints and those that they grew from. */
async function kept(parents: Readonly<Record<number, number>>): Promise<number> {
  const manifests = Object.entries(parents).map(([id, parentCheckpointId]) => [id, { checkpointId: Number(id), parentCheckpointId }] as const);
  return keptManifests(await worldWith(Object.fromEntries(manifests)));
}

describe("checkpoints that are kept", () => {
  it("are all of those that there are, with others given up in between", async () => {
    expect(await kept({})).toBe(0);
    expect(await kept({ 3: 2, 4: 3, 9: 4 })).toBe(3);
  });

  it("are not those that somebody went back behind, and stay for the one that was gone back to", async () => {
    expect(await kept({ 3: 2, 4: 3, 6: 4, 8: 6, 33: 4, 34: 33 })).toBe(4);
  });

  it("are all the older ones, too, where one in between has gone", async () => {
    expect(await kept({ 1: 0, 2: 1, 4: 3 })).toBe(3);
  });
});
