import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { createFileCheckpointStorage, manifestName } from "@millrace/checkpoint";
import { nodePorts } from "@millrace/core/node";
import { checkpointStorageSuite } from "./checkpoint-storage-suite.ts";

checkpointStorageSuite("the file storage on a real disk", async () => {
  const parent = await mkdtemp(join(tmpdir(), "millrace-checkpoints-"));
  const directory = join(parent, "checkpoints");
  const open = () => createFileCheckpointStorage({ files: nodePorts.files, directory });
  return {
    storage: open(),
    reopen: open,
    damage: async (file, change) => {
      const path = "data" in file ? join(directory, "data", file.data) : join(directory, manifestName(file.manifest));
      const changed = change(await readFile(path));
      await (changed === undefined ? rm(path) : writeFile(path, changed));
    },
    finish: async (content) => {
      const path = join(parent, "finished");
      await writeFile(path, content);
      return { path, bytes: content.length, checksum: crc32(content).toString(16).padStart(8, "0") };
    },
    dispose: () => rm(parent, { recursive: true, force: true }),
  };
});
