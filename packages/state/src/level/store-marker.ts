import type { Json } from "@millrace/core";
import { verifiedValue } from "../format/checksum.ts";
import { decodeHeader, type FileHeader } from "../format/file-header.ts";

/** What a store says it holds: exactly a checkpoint (`applied`), or its parent with part of it written over (`applying`). */
export interface StoreMarker {
  readonly kind: "applied" | "applying";
  /** The checkpoint's identity, as the caller writes it. */
  readonly checkpoint: Json;
}

const noKey = new Uint8Array(0);

/** The marker in a stored value; one that can't be read says nothing. */
export function markerOf(stored: Uint8Array | undefined): StoreMarker | undefined {
  if (stored === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(verifiedValue(noKey, stored))) as StoreMarker;
  } catch {
    return undefined;
  }
}

/** The header in a stored value. Throws STATE_CORRUPT. */
export function headerOf(stored: Uint8Array | undefined): FileHeader | undefined {
  return stored === undefined ? undefined : decodeHeader(verifiedValue(noKey, stored));
}
