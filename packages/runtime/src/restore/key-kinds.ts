import { keyedPartsOf } from "@millrace/checkpoint";
import type { CheckpointManifest, CheckpointStorage } from "@millrace/contracts";
import { type FileHeader, RecordParser, readHeader } from "@millrace/state";

/** The kinds of the keys in a snapshot by uid, from the headers of its files; a node without a key yet has none. */
export async function keyKindsOf(manifest: CheckpointManifest, data: Pick<CheckpointStorage, "readData">): Promise<ReadonlyMap<string, string>> {
  const kinds = new Map<string, string>();
  for (const operator of manifest.operators) {
    for (const { files } of keyedPartsOf(operator)) {
      const last = files.at(-1);
      const kind = last === undefined ? undefined : (await headerOf(data.readData(last)))?.keyKind;
      if (kind === undefined) continue;
      kinds.set(operator.uid, kind);
      break;
    }
  }
  return kinds;
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
