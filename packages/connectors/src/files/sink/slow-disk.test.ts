import type { Files } from "@millrace/core";
import { nodePorts } from "@millrace/core/node";
import { expect, test } from "vitest";
import { filesBelow } from "../../../test/output.ts";
import { temporaryDirectory } from "../../../test/temporary.ts";
import { fileSink } from "./file-sink.ts";

/** A writer that makes a file for each record, on such a disk. */
async function opened(directory: string, files: Files) {
  const context = { ports: { ...nodePorts, files }, jobName: "job", runId: "run1", ancestorRunIds: [], uid: "out", subtask: 0, parallelism: 1 };
  const writer = fileSink<number>(directory, { roll: { bytes: 1 } }).createWriter({
    ...context,
    resumed: false,
    overwrite: false,
    checkpointIntervalMs: undefined,
  });
  await writer.open([]);
  return writer;
}

/** Has written until it asks for a pause, to a disk that opens no file before it is let go. */
async function full(directory: string) {
  const disk = Promise.withResolvers<void>();
  const writer = await opened(directory, { ...nodePorts.files, open: (path, mode) => disk.promise.then(() => nodePorts.files.open(path, mode)) });
  let records = 0;
  let room: Promise<void> | undefined;
  for (; room === undefined && records < 1_000; records++) {
    writer.write(records, 0);
    room = writer.ready();
  }
  return { writer, records, room, disk };
}

test("a disk that is slow with small files holds records back before their buffers fill the memory", async () => {
  const { writer, records, room, disk } = await full(temporaryDirectory());
  // 64 KiB each, of 4 MiB.
  expect(records).toBeLessThan(70);
  disk.resolve();
  await room;
  await writer.close();
});

test("what waits for the disk when a writer is closed is not written any more", async () => {
  const directory = temporaryDirectory();
  const { writer, disk, room } = await full(directory);
  const failed = expect(room).rejects.toThrow();
  const closed = writer.close();
  disk.resolve();
  await closed;
  await failed;
  expect(filesBelow(directory)).toHaveLength(1);
});

test("a file that had not been made yet when a checkpoint was prepared is closed with its writer", async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const paths: string[] = [];
  const open = new Set<string>();
  const writer = await opened(temporaryDirectory(), {
    ...nodePorts.files,
    open: async (path, mode) => {
      paths.push(path);
      await gates[paths.length - 1]?.promise;
      const handle = await nodePorts.files.open(path, mode);
      open.add(path);
      const close = async (): Promise<void> => {
        await handle.close();
        open.delete(path);
      };
      return { ...handle, write: (bytes) => handle.write(bytes), sync: () => handle.sync(), close };
    },
  });
  writer.write(1, 0);
  const prepared = writer.prepare(1);
  writer.write(2, 0);
  gates[0]?.resolve();
  await prepared;
  const closed = writer.close();
  gates[1]?.resolve();
  await closed;
  expect({ made: paths.length, open: [...open] }).toEqual({ made: 2, open: [] });
});
