import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { nodePorts } from "./index.ts";

it.runIf(process.platform === "linux")("a directory that nobody can make is refused, not tried for ever", { timeout: 5_000 }, async () => {
  await expect(nodePorts.files.makeDirectory("/proc/millrace/x")).rejects.toMatchObject({ code: "ENOENT" });
});

it("a directory is made with those above it, and once more where it is there", async () => {
  const root = await mkdtemp(join(tmpdir(), "make-directory-"));
  try {
    const { files } = nodePorts;
    for (let time = 0; time < 2; time++) await files.makeDirectory(join(root, "a", "b", "c"), 0o700);
    expect(await files.stat(join(root, "a", "b", "c"))).toBeDefined();
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
