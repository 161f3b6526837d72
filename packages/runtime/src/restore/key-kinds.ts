import { keyedPartsOf } from "@millrace/checkpoint";
import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import { type FileHeader, RecordParser, readHeader } from "@millrace/state";

/**
 * The kinds of the keys in a snapshot by uid, from the headers of its files; a node without a key yet has none. Nor has one
 * whose file can't be read: a restore that needs the file says so, and one that has a local store does not need it.
 */
export async function keyKindsOf(manifest: CheckpointManifest, data: Pick<CheckpointStorage, "readData">): Promise<ReadonlyMap<string, string>> {
  const kinds = new Map<string, string>();
  for (const operator of manifest.operators) {
    for (const { files } of keyedPartsOf(operator)) {
      const last = files.at(-1);
      const kind = last === undefined ? undefined : (await headerOf(data.readData(last)).catch(unreadable))?.keyKind;
      if (kind === undefined) continue;
      kinds.set(operator.uid, kind);
      break;
    }
  }
  return kinds;
}

function unreadable(error: unknown): undefined {
  if (!(error instanceof MillraceError)) throw error;
  return undefined;
}

async function headerOf(chunks: AsyncIterable<Uint8Array>): Promise<FileHeader | undefined> {
  let header: FileHeader | undefined;
  const parser = new RecordParser((key, stored) => {
    if (header === undefined && key.length === 0) header = readHeader(stored);
  });
  for await (const chunk of chunks) {
    parser.push(chunk);
    if (header !== undefined) return header;
  }
  return header;
}
