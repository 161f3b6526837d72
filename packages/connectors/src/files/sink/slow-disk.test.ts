import type { Files } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { expect, test } from "vitest";
import { filesBelow } from "../../../test/output.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { fileSink } from "./file-sink.ts";

/** A writer of a file for each record, and a disk that opens none before it is let go. */
async function written(directory: string) {
  const disk = Promise.withResolvers<void>();
  const files: Files = { ...nodePorts.files, open: (path, mode) => disk.promise.then(() => nodePorts.files.open(path, mode)) };
  const context = { ports: { ...nodePorts, files }, jobName: "job", runId: "run1", ancestorRunIds: [], uid: "out", subtask: 0, parallelism: 1 };
  const sink = fileSink<number>(directory, { roll: { bytes: 1 } });
  const writer = sink.createWriter({ ...context, resumed: false, overwrite: false, checkpointIntervalMs: undefined });
  await writer.open([]);
  let records = 0;
  let room: Promise<void> | undefined;
  for (; room === undefined && records < 1_000; records++) {
    writer.write(records, 0);
    room = writer.ready();
  }
  return { writer, records, room, disk };
}

test("a disk that is slow with small files holds records back before their buffers fill the memory", async () => {
  const { writer, records, room, disk } = await written(temporaryDirectory());
  // 64 KiB each, of 4 MiB.
  expect(records).toBeLessThan(70);
  disk.resolve();
  await room;
  await writer.close();
});

test("what waits for the disk when a writer is closed is not written any more", async () => {
  const directory = temporaryDirectory();
  const { writer, disk, room } = await written(directory);
  const failed = expect(room).rejects.toThrow();
  const closed = writer.close();
  disk.resolve();
  await closed;
  await failed;
  expect(filesBelow(directory)).toHaveLength(1);
});
