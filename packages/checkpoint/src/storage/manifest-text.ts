import type { CheckpointManifest, DataFile, KeyedSnapshot, OperatorSnapshot } from "@millrace/contracts";
import { type Json, MillraceError } from "@millrace/core";
import { checkedJson } from "./checked-json.ts";
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
  const text = manifestText(manifest).slice(0, -1);
  const body = encoder.encode(text);
  const tail = encoder.encode(`,"checksum":"${checksumOf(body)}"}\n`);
  const bytes = new Uint8Array(body.length + tail.length);
  bytes.set(body);
  bytes.set(tail, body.length);
  return bytes;
}

const encoder = new TextEncoder();

/** A plan is frozen (law P1), and half of a small job's manifest: its text is made once. */
const planTexts = new WeakMap<object, string>();

/** Canonical JSON. */
function manifestText(manifest: CheckpointManifest): string {
  const fields = (Object.keys(manifest) as (keyof CheckpointManifest)[]).sort().flatMap((name) => {
    const field = manifest[name] as Json | undefined;
    return field === undefined ? [] : `"${name}":${name === "plan" ? planText(field) : checkedJson(field, `manifest.${name}`)}`;
  });
  return `{${fields.join(",")}}`;
}

function planText(plan: Json): string {
  if (typeof plan !== "object" || plan === null || !Object.isFrozen(plan)) return checkedJson(plan, "manifest.plan");
  let text = planTexts.get(plan);
  if (text === undefined) {
    text = checkedJson(plan, "manifest.plan");
    planTexts.set(plan, text);
  }
  return text;
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
