import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
    dispose: () => rm(parent, { recursive: true, force: true }),
  };
});
