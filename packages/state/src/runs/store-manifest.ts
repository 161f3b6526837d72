import { crc32 } from "node:zlib";
import { canonicalJson, type Files, type Json } from "@millrace/core";
import { corruptState } from "../format/checksum.ts";
import type { FileHeader } from "../format/file-header.ts";

/** What a store says it holds: exactly a checkpoint (`applied`), or its parent with part of it written over (`applying`). */
export interface StoreMarker {
  readonly kind: "applied" | "applying";
  /** The checkpoint's identity, as the caller writes it. */
  readonly checkpoint: Json;
}

/** The file that says what a store consists of; replaced as a whole, so that a store is always one checkpoint or another. */
export interface StoreManifest {
  readonly version: 1;
  readonly marker: StoreMarker | null;
  /** The number of the next run's file. */
  readonly next: number;
  readonly operators: readonly StoredOperator[];
}

export interface StoredOperator {
  readonly uid: string;
  /** Of the newest file that was applied. */
  readonly header: FileHeader | null;
  /** File names, oldest first. */
  readonly runs: readonly string[];
}

const NAME = "store.json";

/** undefined: there is none. Throws STATE_CORRUPT. */
export async function readStoreManifest(files: Files, directory: string): Promise<StoreManifest | undefined> {
  const path = `${directory}/${NAME}`;
  if ((await files.stat(path)) === undefined) return undefined;
  const text = new TextDecoder().decode(await files.readFile(path));
  const [checksum, body = "", ...rest] = text.split("\n");
  if (checksum !== checksumOf(body) || rest.length !== 1 || rest[0] !== "") throw corruptState(`${path} does not fit its checksum`);
  const manifest = JSON.parse(body) as StoreManifest;
  if (manifest.version !== 1) throw corruptState(`${path} has another format`);
  return manifest;
}

/** What the store in a directory says it holds, without opening it; undefined when it does not say. */
export async function readStoreMarker(files: Files, directory: string): Promise<StoreMarker | undefined> {
  return (await readStoreManifest(files, directory).catch(() => undefined))?.marker ?? undefined;
}

/** Replaces the manifest; it is on disk when this resolves, and so are the names of the runs before it. */
export async function writeStoreManifest(files: Files, directory: string, manifest: StoreManifest): Promise<void> {
  const body = canonicalJson(manifest as unknown as Json);
  const temporary = `${directory}/${NAME}.tmp`;
  const handle = await files.open(temporary, "write");
  try {
    await handle.write(new TextEncoder().encode(`${checksumOf(body)}\n${body}\n`));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await files.syncDirectory(directory);
  await files.rename(temporary, `${directory}/${NAME}`);
  await files.syncDirectory(directory);
}

/** The store is empty for whoever opens it; on disk when the directory has been synced. */
export async function removeStoreManifest(files: Files, directory: string): Promise<void> {
  await files.remove(`${directory}/${NAME}`);
}

/** The names in a store's directory that are not part of the store. */
export function strangers(names: readonly string[], manifest: StoreManifest | undefined): readonly string[] {
  const known = new Set([NAME, ...(manifest?.operators.flatMap(({ runs }) => runs) ?? [])]);
  return names.filter((name) => !known.has(name));
}

function checksumOf(body: string): string {
  return crc32(body).toString(16).padStart(8, "0");
}
