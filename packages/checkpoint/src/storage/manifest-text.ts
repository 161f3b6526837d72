import type { CheckpointManifest, DataFile, KeyedSnapshot, OperatorSnapshot } from "@millrace/contracts";
import { canonicalJson, type Json, MillraceError } from "@millrace/core";
import { checksumOf } from "./checksum.ts";
import { corrupt } from "./errors.ts";
import { checkDataName } from "./names.ts";

/** The format that this engine writes. */
export const MANIFEST_FORMAT_VERSION = 1;

const TAIL = /^,"checksum":"([0-9a-f]{8})"\}\n$/;
const TAIL_BYTES = `,"checksum":"00000000"}\n`.length;

/**
 * A manifest as a file: one JSON object on one line, fields sorted, with a last field `checksum` after them. It is the
 * CRC-32 of every byte before `,"checksum"`, so that no byte of the file can change unseen, the format version included.
 * Throws CHECKPOINT_NOT_JSON when something in it would not come back as it was.
 */
export function encodeManifest(manifest: CheckpointManifest): Uint8Array {
  checkJson(manifest, "manifest");
  const encoder = new TextEncoder();
  const text = canonicalJson(manifest as unknown as Json).slice(0, -1);
  return encoder.encode(`${text},"checksum":"${checksumOf(encoder.encode(text))}"}\n`);
}

/**
 * Reads what encodeManifest wrote. Throws CHECKPOINT_CORRUPT with `file` in its message, CHECKPOINT_VERSION, or
 * CHECKPOINT_UID_TWICE. `checkpointId` undefined: the file's name does not say which checkpoint it is.
 */
export function decodeManifest(bytes: Uint8Array, file: string, checkpointId: number | undefined): CheckpointManifest {
  const bodyBytes = Math.max(0, bytes.length - TAIL_BYTES);
  const tail = TAIL.exec(new TextDecoder("latin1").decode(bytes.subarray(bodyBytes)));
  if (tail === null) throw corrupt(file, "a checksum at its end", bytes.length === 0 ? "an empty file" : `none in ${bytes.length} bytes`);
  const body = bytes.subarray(0, bodyBytes);
  const found = checksumOf(body);
  if (found !== tail[1]) throw corrupt(file, `checksum ${tail[1]}`, `checksum ${found} over ${body.length} bytes`);
  const parsed: unknown = parse(`${new TextDecoder().decode(body)}}`, file);
  if (!isRecord(parsed)) throw corrupt(file, "a JSON object", "something else");
  const version = parsed.formatVersion;
  if (version !== MANIFEST_FORMAT_VERSION) throw unknownVersion(file, version, parsed.engineVersion);
  if (checkpointId !== undefined && parsed.checkpointId !== checkpointId) {
    throw corrupt(file, `checkpoint ${checkpointId}`, `checkpoint ${String(parsed.checkpointId)}: the file was renamed or exchanged`);
  }
  const manifest = parsed as unknown as CheckpointManifest;
  for (const data of dataFilesOf(manifest)) checkDataName(data.name);
  checkUids(manifest, file);
  return manifest;
}

/** Every data file that a checkpoint needs, once each. */
export function dataFilesOf(manifest: CheckpointManifest): readonly DataFile[] {
  const files = manifest.operators.flatMap((operator) => [
    ...keyedPartsOf(operator).flatMap((part) => part.files),
    ...operator.subtasks.flatMap(({ inFlight }) => inFlight?.file ?? []),
  ]);
  return [...new Map(files.map((file) => [file.name, file])).values()];
}

/** The keyed state of a node, of all its subtasks: checkpoints have it by subtask, savepoints by key groups. */
export function keyedPartsOf(operator: OperatorSnapshot): readonly KeyedSnapshot[] {
  return [...(operator.keyed ?? []), ...operator.subtasks.flatMap((subtask) => subtask.keyed ?? [])];
}

/** State is matched by uid: with one that stands for two nodes, one of them would be read as the other. */
function checkUids(manifest: CheckpointManifest, file: string): void {
  const seen = new Set<string>();
  for (const { uid } of manifest.operators) {
    if (seen.has(uid)) {
      throw new MillraceError("CHECKPOINT_UID_TWICE", `${file} holds the uid ${JSON.stringify(uid)} twice: whose state is whose can't be told`, {
        hint: "whatever wrote this file is wrong; write it again from the snapshot it came from",
        where: { uid },
      });
    }
    seen.add(uid);
  }
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw corrupt(file, "JSON", "text that is not");
  }
}

function unknownVersion(file: string, version: unknown, engine: unknown): MillraceError {
  return new MillraceError(
    "CHECKPOINT_VERSION",
    `${file} has format version ${String(version)}, written by Millrace ${String(engine)}; this one reads version ${MANIFEST_FORMAT_VERSION}`,
    { hint: `run the job with Millrace ${String(engine)} or newer` },
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function checkJson(value: unknown, path: string): void {
  if (value === null || typeof value === "string" || typeof value === "boolean") return;
  if (typeof value === "number" && Number.isFinite(value)) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkJson(item, `${path}[${index}]`);
    return;
  }
  if (isRecord(value) && isPlain(value)) {
    for (const [name, field] of Object.entries(value)) if (field !== undefined) checkJson(field, `${path}.${name}`);
    return;
  }
  throw new MillraceError("CHECKPOINT_NOT_JSON", `${path} of the checkpoint is ${describe(value)}, which does not survive JSON`, {
    hint: "snapshots of sources, sinks and operators are JSON: write dates and big integers as strings, infinities as words",
  });
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  if (typeof value === "object" && value !== null) return `a ${value.constructor.name}`;
  return typeof value === "number" || value === undefined ? String(value) : `a ${typeof value}`;
}
