import { assert, MillraceError } from "@millrace/core";
import { checksumOf } from "./checksum.ts";

const DATA_NAME = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,199}$/;
const MANIFEST_NAME = /^chk-(\d{6,16})\.json$/;

/** What a file is called until it is whole. No name of a data file ends so. */
export const TEMPORARY_SUFFIX = ".tmp";

/** `chk-000012.json`. */
export function manifestName(checkpointId: number): string {
  assert(Number.isSafeInteger(checkpointId) && checkpointId > 0, `checkpoint id ${checkpointId}`);
  return `chk-${String(checkpointId).padStart(6, "0")}.json`;
}

/** The id in a manifest's file name; undefined for every other name. */
export function manifestIdOf(name: string): number | undefined {
  const digits = MANIFEST_NAME.exec(name)?.[1];
  if (digits === undefined) return undefined;
  const id = Number(digits);
  return id > 0 && Number.isSafeInteger(id) && manifestName(id) === name ? id : undefined;
}

/** Throws CHECKPOINT_NAME unless `name` is one plain file name: a manifest from elsewhere must not reach other directories. */
export function checkDataName(name: string): void {
  if (DATA_NAME.test(name) && !name.endsWith(TEMPORARY_SUFFIX)) return;
  throw new MillraceError("CHECKPOINT_NAME", `${JSON.stringify(name.slice(0, 80))} cannot be the name of a checkpoint's data file`, {
    hint: "names are letters, digits, '.', '_' and '-', at most 200 of them, and do not start with '.' or '-' or end with .tmp",
  });
}

export interface DataFileIdentity {
  readonly uid: string;
  readonly subtask: number;
  readonly checkpointId: number;
  /** E.g. "base" or "delta". */
  readonly kind: string;
}

/**
 * A valid name for one subtask's data of one checkpoint, e.g. `window-0-000012.delta`. Different identities have different
 * names, also where the file system ignores case: a uid that is not plain lower case carries its checksum.
 */
export function dataFileName({ uid, subtask, checkpointId, kind }: DataFileIdentity): string {
  return `${fileNameOf(uid)}-${subtask}-${String(checkpointId).padStart(6, "0")}.${kind}`;
}

/** The file of a savepoint that holds an operator's records from a key group on, e.g. `window-00000.records`. */
export function savepointFileName(uid: string, firstKeyGroup: number): string {
  return `${fileNameOf(uid)}-${String(firstKeyGroup).padStart(5, "0")}.records`;
}

function fileNameOf(uid: string): string {
  const plain = uid
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, "_")
    .slice(0, 80);
  return plain === uid ? plain : `${plain}.${checksumOf(new TextEncoder().encode(uid))}`;
}

const DATA_FILE_NAME = /-(\d+)-(\d{6,16})\.([a-z]+)$/;

/** What the name of a data file says, apart from its uid; undefined for a name that dataFileName did not make. */
export function parseDataFileName(name: string): Omit<DataFileIdentity, "uid"> | undefined {
  const [, subtask, checkpointId, kind] = DATA_FILE_NAME.exec(name) ?? [];
  if (subtask === undefined || checkpointId === undefined || kind === undefined) return undefined;
  return { subtask: Number(subtask), checkpointId: Number(checkpointId), kind };
}
