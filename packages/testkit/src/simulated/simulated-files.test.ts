import { describe, expect, it } from "vitest";
import type { CrashMode } from "./crash.ts";
import { simulatedPorts } from "./simulated-ports.ts";

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const textOf = (content: Uint8Array): string => new TextDecoder().decode(content);

function newFiles(seed = 1) {
  return simulatedPorts({ seed }).files;
}
type Files = ReturnType<typeof newFiles>;

async function write(files: Files, path: string, content: string, options: { sync: boolean }): Promise<void> {
  const handle = await files.open(path, "append");
  await handle.write(text(content));
  if (options.sync) await handle.sync();
  await handle.close();
}

describe("simulated files", () => {
  it("read back what was written, list sorted names, and miss what is not there with Node's codes", async () => {
    const files = newFiles();
    await files.makeDirectory("/state/job");
    await write(files, "/state/job/b", "hello", { sync: false });
    await write(files, "/state/job/a", "", { sync: false });
    expect(textOf(await files.readFile("/state/job/b"))).toBe("hello");
    expect(await files.list("/state/job")).toEqual(["a", "b"]);
    expect(await files.list("/nowhere")).toEqual([]);
    expect(await files.stat("/state/job/c")).toBeUndefined();
    expect(await files.stat("/state/job/b")).toMatchObject({ kind: "file", bytes: 5 });
    await expect(files.open("/state/job/c", "read")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(files.open("/state/job/b", "exclusive")).rejects.toMatchObject({ code: "EEXIST" });
    await expect(files.open("/nowhere/c", "write")).rejects.toMatchObject({ code: "ENOENT" });
    await expect(files.readFile("/state")).rejects.toMatchObject({ code: "EISDIR" });
  });

  it("append at the end, though the file was cut meanwhile", async () => {
    const files = newFiles();
    const handle = await files.open("/log", "append");
    await handle.write(text("12345"));
    await files.truncate("/log", 2);
    await handle.write(text("x"));
    expect(textOf(await files.readFile("/log"))).toBe("12x");
  });

  it("lose content and entries that were not synced", async () => {
    const files = newFiles();
    await files.makeDirectory("/d");
    await files.syncDirectory("/");
    await write(files, "/d/synced", "kept", { sync: true });
    await files.syncDirectory("/d");
    await write(files, "/d/synced", " and lost", { sync: false });
    await write(files, "/d/entry-lost", "gone", { sync: true });
    files.crash("strict");
    expect(await files.list("/d")).toEqual(["synced"]);
    expect(textOf(await files.readFile("/d/synced"))).toBe("kept");
  });

  it("take a rename back that was not synced, whole", async () => {
    const files = newFiles();
    await write(files, "/old", "content", { sync: true });
    await files.syncDirectory("/");
    await files.rename("/old", "/new");
    files.crash("strict");
    expect(await files.list("/")).toEqual(["old"]);
    await files.rename("/old", "/new");
    await files.syncDirectory("/");
    files.crash("strict");
    expect(textOf(await files.readFile("/new"))).toBe("content");
  });

  it("fail the handles of before a crash", async () => {
    const files = newFiles();
    const handle = await files.open("/log", "write");
    files.crash("strict");
    await expect(handle.write(text("late"))).rejects.toMatchObject({ code: "EIO" });
  });

  it("find after a random crash a prefix of what was appended, and differing ones over many seeds", async () => {
    const found = new Set<string>();
    for (let seed = 0; seed < 100; seed++) {
      const files = newFiles(seed);
      await write(files, "/log", "synced", { sync: true });
      await files.syncDirectory("/");
      await write(files, "/log", "-not", { sync: false });
      files.crash("random" satisfies CrashMode);
      const content = textOf(await files.readFile("/log"));
      expect("synced-not".startsWith(content) && content.startsWith("synced")).toBe(true);
      found.add(content);
    }
    expect(found.size).toBe(5);
  });
});
