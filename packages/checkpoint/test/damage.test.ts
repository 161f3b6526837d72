import type { CheckpointManifest } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import { VolatileDisk } from "@millrace/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createFileCheckpointStorage, dataFilesOf } from "../src/index.ts";
import { bytesOf, errorOf, manifestOf, readAll } from "./example.ts";

const directory = "/checkpoints";

/** Three checkpoints; the later ones share files of the earlier. Two data files have equal lengths. */
async function prepared() {
  const disk = new VolatileDisk();
  const storage = createFileCheckpointStorage({ files: disk, directory });
  const write = (name: string, length: number) => storage.writeData(name, [bytesOf(name, length)]);
  const base = await write("a-0-000001.base", 300);
  const second = await write("a-0-000002.delta", 64);
  const third = await write("a-0-000003.delta", 64);
  const manifests = [manifestOf(1, [base]), manifestOf(2, [base, second]), manifestOf(3, [base, second, third])];
  for (const manifest of manifests) await storage.writeManifest(manifest);
  return { disk, storage, manifests };
}

type Damage =
  | { readonly kind: "flip"; readonly at: number; readonly bit: number }
  | { readonly kind: "cut" | "zeroFrom" | "doubleFrom"; readonly at: number }
  | { readonly kind: "remove" | "zero" | "empty" | "grow" }
  | { readonly kind: "exchange"; readonly other: number };

const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const damages: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({ kind: fc.constant("flip" as const), at: fraction, bit: fc.integer({ min: 0, max: 7 }) }),
  fc.record({ kind: fc.constantFrom("cut" as const, "zeroFrom" as const, "doubleFrom" as const), at: fraction }),
  fc.record({ kind: fc.constantFrom("remove" as const, "zero" as const, "empty" as const, "grow" as const) }),
  fc.record({ kind: fc.constant("exchange" as const), other: fc.nat(5) }),
);

function damaged(bytes: Uint8Array, damage: Damage): Uint8Array | undefined {
  const at = "at" in damage ? Math.floor(damage.at * bytes.length) : 0;
  switch (damage.kind) {
    case "flip":
      return bytes.map((byte, index) => (index === at ? byte ^ (1 << damage.bit) : byte));
    case "cut":
      return bytes.slice(0, at);
    case "zeroFrom":
      return bytes.map((byte, index) => (index >= at ? 0 : byte));
    case "doubleFrom":
      return Uint8Array.from([...bytes, ...bytes.slice(at)]);
    case "zero":
      return new Uint8Array(bytes.length);
    case "empty":
      return new Uint8Array();
    case "grow":
      return Uint8Array.from([...bytes, 0]);
    case "remove":
    case "exchange":
      return undefined;
  }
}

/** Applies the damage; the paths whose content is another now. */
function apply(disk: VolatileDisk, path: string, damage: Damage): readonly string[] {
  const before = disk.contents;
  const paths = [...before.keys()].sort();
  if (damage.kind === "exchange") {
    const other = paths[damage.other % paths.length] ?? path;
    disk.tamper(path, before.get(other));
    disk.tamper(other, before.get(path));
    return other === path ? [] : [path, other];
  }
  const bytes = before.get(path) ?? new Uint8Array();
  const after = damaged(bytes, damage);
  disk.tamper(path, after);
  return after !== undefined && Buffer.compare(after, bytes) === 0 ? [] : [path];
}

const filesOf = (manifest: CheckpointManifest) => [
  `${directory}/chk-00000${manifest.checkpointId}.json`,
  ...dataFilesOf(manifest).map(({ name }) => `${directory}/data/${name}`),
];

describe("damage", () => {
  test("of any file and kind is found and named, and what is whole reads as it was written", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(5), damages, async (index, damage) => {
        const { disk, storage, manifests } = await prepared();
        const paths = [...disk.contents.keys()].sort();
        const changed = apply(disk, paths[index % paths.length] ?? "", damage);
        for (const original of manifests) {
          const touched = filesOf(original).filter((path) => changed.includes(path));
          const error = await errorOf(async () => {
            const manifest = await storage.readManifest(original.checkpointId);
            expect(manifest).toEqual(original);
            await storage.verify(manifest);
            for (const file of dataFilesOf(manifest)) expect(await readAll(storage, file)).toEqual(bytesOf(file.name, file.bytes));
          });
          if (touched.length === 0) {
            expect(error).toBeUndefined();
            continue;
          }
          if (!(error instanceof MillraceError)) throw new Error(`${damage.kind} of ${touched.join(", ")} gave ${String(error)}`);
          const gone = error.code === "CHECKPOINT_MISSING" && damage.kind === "remove";
          expect(gone || (error.code === "CHECKPOINT_CORRUPT" && touched.some((path) => error.message.includes(path))), error.message).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  test("of every single byte of a manifest is found", async () => {
    const { disk, storage } = await prepared();
    const path = `${directory}/chk-000002.json`;
    const whole = disk.contents.get(path) ?? new Uint8Array();
    for (let at = 0; at < whole.length; at++) {
      disk.tamper(path, damaged(whole, { kind: "flip", at: (at + 0.5) / whole.length, bit: at % 8 }));
      expect(await errorOf(() => storage.readManifest(2))).toMatchObject({ code: "CHECKPOINT_CORRUPT" });
    }
  });
});
