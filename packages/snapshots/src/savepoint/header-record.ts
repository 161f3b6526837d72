import { canonicalJson, type Json } from "@millrace/core";
import { RecordWriter, STATE_FORMAT_VERSION } from "@millrace/state";
import type { OperatorHeader } from "../records/headers.ts";

/** The first record of a savepoint's file, without what depends on the run that the state came from: the manifest says that. */
export function writeHeader(writer: RecordWriter, uid: string, { keyKind, states }: OperatorHeader): void {
  const header = {
    formatVersion: STATE_FORMAT_VERSION,
    uid,
    ...(keyKind === undefined ? {} : { keyKind }),
    states: states.map(({ name, kind, fingerprint }) => ({ name, kind, fingerprint })),
  };
  writer.begin().raw(new TextEncoder().encode(canonicalJson(header as unknown as Json)));
  writer.endPut(0);
}

/** As the beginning of a file. */
export function headerRecord(uid: string, header: OperatorHeader): readonly Uint8Array[] {
  const writer = new RecordWriter();
  writeHeader(writer, uid, header);
  return writer.finish();
}
