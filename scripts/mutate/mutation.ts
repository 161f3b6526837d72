import { readFile, rm, writeFile } from "node:fs/promises";

/** What can happen to a file on a disk that is not to be trusted. */
export const mutationKinds = ["flip", "cut", "zero", "swap", "fill", "grow", "missing"] as const;
export type MutationKind = (typeof mutationKinds)[number];

export interface Mutation {
  readonly kind: MutationKind;
  readonly path: string;
  /** For the report. */
  readonly what: string;
}

/** Does one random thing to a file; undefined: it would have changed nothing. */
export async function mutate(path: string, kind: MutationKind, random: () => number): Promise<Mutation | undefined> {
  if (kind === "missing") {
    await rm(path);
    return { kind, path, what: "removed" };
  }
  const before = await readFile(path);
  const after = changed(before, kind, random);
  if (after === undefined || (after.bytes.length === before.length && Buffer.compare(after.bytes, before) === 0)) return undefined;
  // The file may be linked to the original: it gets a new one in its place.
  await rm(path);
  await writeFile(path, after.bytes);
  return { kind, path, what: after.what };
}

function changed(before: Buffer, kind: Exclude<MutationKind, "missing">, random: () => number): { bytes: Buffer; what: string } | undefined {
  const { length } = before;
  if (length === 0) return kind === "grow" ? { bytes: Buffer.from([0x2a]), what: "grown by a byte" } : undefined;
  const at = Math.floor(random() * length);
  const count = 1 + Math.floor(random() * Math.min(64, length - at));
  const bytes = Buffer.from(before);
  switch (kind) {
    case "flip": {
      const bit = Math.floor(random() * 8);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
      return { bytes, what: `bit ${bit} of byte ${at} flipped` };
    }
    case "cut":
      return { bytes: bytes.subarray(0, at), what: `cut to ${at} of ${length} bytes` };
    case "zero":
      return { bytes: bytes.fill(0, at, at + count), what: `${count} bytes from ${at} on zeroed` };
    case "fill":
      for (let each = at; each < at + count; each++) bytes.writeUInt8(Math.floor(random() * 256), each);
      return { bytes, what: `${count} bytes from ${at} on replaced` };
    case "swap": {
      const other = Math.floor(random() * (length - count + 1));
      before.copy(bytes, at, other, other + count);
      before.copy(bytes, other, at, at + count);
      return { bytes, what: `${count} bytes at ${at} and ${other} swapped` };
    }
    case "grow":
      return { bytes: Buffer.concat([bytes, before.subarray(0, count)]), what: `grown by ${count} bytes` };
  }
}
