import { seededRandom } from "@millrace/core";
import { systemError, VolatileDisk } from "@millrace/testkit";
import { describe, expect, test } from "vitest";
import { createFileCheckpointStorage, dataFileName, parseDataFileName } from "../src/index.ts";
import { checksumOf } from "../src/storage/checksum.ts";
import { bytesOf, errorOf, manifestOf, readAll } from "./example.ts";

const directory = "/state/checkpoints";

function prepared() {
  const disk = new VolatileDisk();
  return { disk, storage: createFileCheckpointStorage({ files: disk, directory }) };
}
/** How many it takes to write a manifest that is not the first. */
async function operationsOf(checkpointId: number): Promise<number> {
  const { disk, storage } = prepared();
  await storage.writeManifest(manifestOf(1, []));
  const before = disk.operations;
  await storage.writeManifest(manifestOf(checkpointId, []));
  return disk.operations - before;
}

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** A manifest file as another version of the engine might have written it: other content, right checksum. */
function sealed(body: object): Uint8Array {
  const content = JSON.stringify(body).slice(0, -1);
  return new TextEncoder().encode(`${content},"checksum":"${checksumOf(new TextEncoder().encode(content))}"}\n`);
}

describe("file checkpoint storage", () => {
  test("lays files out as documented, a manifest being plain JSON", async () => {
    const { disk, storage } = prepared();
    const file = await storage.writeData("count-0-000012.base", [bytesOf("x", 5)]);
    await storage.writeManifest(manifestOf(12, [file]));
    expect([...disk.contents.keys()]).toEqual(["/state/checkpoints/data/count-0-000012.base", "/state/checkpoints/chk-000012.json"]);
    const parsed: unknown = JSON.parse(text(disk.contents.get("/state/checkpoints/chk-000012.json")));
    expect(parsed).toMatchObject({ checkpointId: 12, checksum: expect.stringMatching(/^[0-9a-f]{8}$/) });
  });

  test("agrees with gzip's CRC-32 on the standard check value", () => {
    expect(checksumOf(new TextEncoder().encode("123456789"))).toBe("cbf43926");
  });

  test("reads files longer than one chunk", async () => {
    const { storage } = prepared();
    const parts = [bytesOf("a", 700_000), bytesOf("b", 700_000), new Uint8Array()];
    const file = await storage.writeData("long", parts);
    const read = await readAll(storage, file);
    expect(file.bytes).toBe(1_400_000);
    expect(Buffer.compare(read, Buffer.concat(parts))).toBe(0);
  });

  test("names the version that can read a newer manifest", async () => {
    const { disk, storage } = prepared();
    await storage.writeManifest(manifestOf(1, []));
    disk.tamper(`${directory}/chk-000002.json`, sealed({ checkpointId: 2, engineVersion: "9.1.0", formatVersion: 2 }));
    expect(await errorOf(() => storage.readManifest(2))).toMatchObject({ code: "CHECKPOINT_VERSION", hint: expect.stringContaining("9.1.0") });
  });

  test("refuses a manifest that reaches out of its directory", async () => {
    const { disk, storage } = prepared();
    const escaping = manifestOf(1, [{ name: "../../etc/passwd", bytes: 1, checksum: "00000000" }]);
    disk.tamper(`${directory}/chk-000001.json`, sealed(escaping));
    expect(await errorOf(() => storage.readManifest(1))).toMatchObject({ code: "CHECKPOINT_NAME" });
  });

  test.each(["", ".", "..", "../x", "a/b", "a\\b", "-x", ".hidden", "x.tmp", "x\n", "x".repeat(201)])(
    "refuses the data file name %j",
    async (name) => {
      const { disk, storage } = prepared();
      expect(await errorOf(() => storage.writeData(name, []))).toMatchObject({ code: "CHECKPOINT_NAME" });
      expect(disk.operations).toBe(0);
    },
  );

  test("refuses to write what JSON would change, naming the place", async () => {
    const { storage } = prepared();
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n, new Date(0), undefined]) {
      const manifest = { ...manifestOf(1, []), plan: { nodes: [value] } } as unknown as ReturnType<typeof manifestOf>;
      expect(await errorOf(() => storage.writeManifest(manifest))).toMatchObject({
        code: "CHECKPOINT_NOT_JSON",
        message: expect.stringContaining("manifest.plan.nodes[0]"),
      });
    }
    expect(await storage.list()).toEqual([]);
  });

  test("never writes a name twice", async () => {
    const { storage } = prepared();
    await storage.writeData("a", []);
    await storage.writeManifest(manifestOf(1, []));
    expect(await errorOf(() => storage.writeData("a", []))).toMatchObject({ code: "CHECKPOINT_EXISTS" });
    expect(await errorOf(() => storage.writeManifest(manifestOf(1, [])))).toMatchObject({ code: "CHECKPOINT_EXISTS" });
    const both = await Promise.allSettled([storage.writeData("b", []), storage.writeData("b", [])]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("leaves strange files alone, and lists only manifests", async () => {
    const { disk, storage } = prepared();
    await storage.writeManifest(manifestOf(1, []));
    for (const name of ["chk-2.json", "chk-0000002.json", "chk-000002.json.bak", "notes.txt"]) disk.tamper(`${directory}/${name}`, new Uint8Array());
    expect(await storage.list()).toEqual([1]);
    await storage.collectGarbage([manifestOf(1, [])]);
    expect(disk.contents.size).toBe(5);
  });

  test("orders ids as numbers past the padding", async () => {
    const { storage } = prepared();
    for (const id of [1_000_000, 999_999, 20]) await storage.writeManifest(manifestOf(id, []));
    expect(await storage.list()).toEqual([20, 999_999, 1_000_000]);
  });

  test("collects no file that a checkpoint in flight has written, and does after the next manifest", async () => {
    const { storage } = prepared();
    const first = manifestOf(1, [await storage.writeData("a", [])]);
    await storage.writeManifest(first);
    await storage.writeData("b", []);
    expect(await storage.collectGarbage([first])).toEqual([]);
    const second = manifestOf(2, [await storage.writeData("c", [])]);
    await storage.writeManifest(second);
    expect(await storage.collectGarbage([first, second])).toEqual(["b"]);
  });

  test("for data only, remembers no file that it has written, and refuses what needs that", async () => {
    const { disk, storage } = prepared();
    const worker = createFileCheckpointStorage({ files: disk, directory, onlyData: true });
    const both = await Promise.allSettled([worker.writeData("a", []), worker.writeData("a", [])]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await errorOf(() => worker.writeData("a", []))).toMatchObject({ code: "CHECKPOINT_EXISTS" });
    await storage.writeManifest(manifestOf(1, []));
    expect(await storage.collectGarbage([manifestOf(1, [])])).toEqual(["a"]);
    // What is gone is only refused by whoever still knows of it.
    await worker.writeData("a", []);
    disk.tamper(`${directory}/data/made`, new Uint8Array());
    await worker.adoptData("b", { path: `${directory}/data/made`, bytes: 0, checksum: "00000000" });
    expect(await storage.collectGarbage([manifestOf(1, [])])).toEqual(["a", "b"]);
    await worker.writeData("b", []);
    expect(await errorOf(() => worker.writeManifest(manifestOf(2, [])))).toMatchObject({ message: expect.stringContaining("collects garbage") });
    expect(await errorOf(() => worker.collectGarbage([]))).toMatchObject({ message: expect.stringContaining("writes manifests") });
  });

  test("collects nothing when a checkpoint was forgotten", async () => {
    const { storage } = prepared();
    await storage.writeManifest(manifestOf(1, [await storage.writeData("a", [])]));
    expect(await errorOf(() => storage.collectGarbage([]))).toMatchObject({ code: "CHECKPOINT_GARBAGE" });
    await storage.verify(await storage.readManifest(1));
  });

  test("takes a manifest back whose name could not be made durable", async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { disk, storage } = prepared();
      await disk.makeDirectory("/state");
      await disk.syncDirectory("/");
      await storage.writeManifest(manifestOf(1, []));
      // The sync of the directory is the last operation.
      disk.fault = { at: disk.operations + (await operationsOf(2)), kind: "fail", code: "EIO" };
      expect(await errorOf(() => storage.writeManifest(manifestOf(2, [])))).toMatchObject({ code: "CHECKPOINT_WRITE" });
      expect(await storage.list()).toEqual([1]);
      const after = createFileCheckpointStorage({ files: disk.crash(seededRandom(seed)), directory });
      expect(await after.list(), `seed ${seed}`).toEqual([1]);
    }
  });

  test("is in doubt when it can't, and says nothing of manifests any more", async () => {
    const { disk, storage } = prepared();
    await storage.writeManifest(manifestOf(1, []));
    disk.fault = { at: disk.operations + (await operationsOf(2)), kind: "crash", code: "EIO" };
    const doubt = { code: "CHECKPOINT_IN_DOUBT", message: expect.stringContaining("chk-000002.json") };
    expect(await errorOf(() => storage.writeManifest(manifestOf(2, [])))).toMatchObject(doubt);
    disk.fault = undefined;
    expect(await errorOf(() => storage.list())).toMatchObject(doubt);
    expect(await errorOf(() => storage.readManifest(1))).toMatchObject(doubt);
    expect(await errorOf(() => storage.writeManifest(manifestOf(3, [])))).toMatchObject(doubt);
    expect(await createFileCheckpointStorage({ files: disk, directory }).list()).toEqual([1, 2]);
  });

  test("tells a file that cannot be read from one that is damaged", async () => {
    const { disk, storage } = prepared();
    await storage.writeManifest(manifestOf(1, []));
    disk.readFile = async (path) => {
      throw systemError("EACCES", path);
    };
    expect(await errorOf(() => storage.readManifest(1))).toMatchObject({ code: "CHECKPOINT_READ", hint: expect.stringContaining("right to read") });
  });

  test("is empty before the first write, and removing what is not there is fine", async () => {
    const { disk, storage } = prepared();
    expect(await storage.list()).toEqual([]);
    await storage.removeManifest(3);
    expect(await storage.collectGarbage([])).toEqual([]);
    expect(await errorOf(() => storage.readManifest(3))).toMatchObject({ code: "CHECKPOINT_MISSING" });
    expect(disk.operations).toBe(0);
  });
});

describe("dataFileName", () => {
  test("says what the file is, and can be read back", () => {
    const name = dataFileName({ uid: "count", subtask: 3, checkpointId: 12, kind: "delta" });
    expect(name).toBe("count-3-000012.delta");
    expect(parseDataFileName(name)).toEqual({ subtask: 3, checkpointId: 12, kind: "delta" });
    expect(parseDataFileName("count.delta")).toBeUndefined();
  });

  test("keeps uids apart that a file system might not", async () => {
    const uids = ["count", "Count", "count-1", "count 1", "count_1", "zählen", "../count", "c".repeat(300), `${"c".repeat(300)}d`];
    const names = uids.map((uid) => dataFileName({ uid, subtask: 0, checkpointId: 1, kind: "base" }));
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(uids.length);
    const { storage } = prepared();
    for (const name of names) await storage.writeData(name, []);
  });
});
