import { execFile, execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// What a user gets: every package built, packed and installed as from a registry, in a project that knows no sources.

const root = resolve(import.meta.dirname, "..");
const run = promisify(execFile);

const job = `
import { boundedOutOfOrderness, defineJob, params, seconds, t, tumbling } from "millrace";
import { csv, files, fileSink } from "millrace/files";

export default defineJob(
  "sums",
  (env, { out }) => {
    env
      .from(files("in.csv", csv({ parse: (row) => ({ at: Number(row.at), key: String(row.key), n: Number(row.n) }) })), {
        uid: "in",
        watermarks: boundedOutOfOrderness(seconds(1), (record) => record.at),
      })
      .keyBy((record) => record.key)
      .window(tumbling(seconds(10)))
      .aggregate(
        { accumulator: t.object({ n: t.integer() }), createAccumulator: () => ({ n: 0 }), add: (record, sum) => ({ n: sum.n + record.n }), getResult: (sum) => sum.n },
        { uid: "sums" },
      )
      .map((n) => ({ n }))
      .to(fileSink(out, { format: "csv" }), { uid: "out" });
  },
  { parameters: { out: params.string({ default: "out" }) } },
);
`;

const subpaths = `
import assert from "node:assert/strict";
for (const [name, ...exports] of [["millrace", "defineJob", "startJob"], ["millrace/files", "files", "csv"], ["millrace/testing", "runJob", "verifyJob", "verifyOperator"]]) {
  const module = await import(name);
  for (const wanted of exports) assert.equal(typeof module[wanted], "function", name + " " + wanted);
}
`;

/** Loads what it is given by name: a module, or the module of a thread, which has to answer. Without a word when all can be loaded. */
const loading = `
import { Worker } from "node:worker_threads";

const load = {
  module: (name) => import(name),
  thread(name) {
    const job = "data:text/javascript,";
    const worker = new Worker(new URL(import.meta.resolve(name)), { workerData: { module: job } });
    const answered = new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject).once("exit", reject));
    worker.postMessage({ id: 0, kind: "merge", task: {} });
    return answered.finally(() => worker.terminate());
  },
};
for (const [kind, name] of JSON.parse(process.argv[2])) {
  await load[kind](name).catch((error) => console.log(name + ": " + error));
}
`;

/** Modules of threads. */
const threads = ["@millrace/host/worker", "@millrace/state/node/store-worker"];

const tsconfig = {
  compilerOptions: {
    target: "es2024",
    lib: ["es2024", "esnext.disposable"],
    module: "nodenext",
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: ["node"],
  },
  include: ["job.ts"],
};

describe.skipIf(offline())("the packages that users install", () => {
  let folder: string;
  let project: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "millrace-pack-"));
    project = join(folder, "project");
    await mkdir(project);
    await run(join(root, "node_modules/.bin/tsc"), ["-b", "tsconfig.build.json"], { cwd: root });
    await run(process.execPath, ["scripts/bundle.ts"], { cwd: root });
    const packages = await publicPackages();
    await run("npm", ["pack", "--silent", "--pack-destination", folder, ...packages.map((path) => join(root, path))], { cwd: folder });
    const tarballs = (await readdir(folder)).filter((name) => name.endsWith(".tgz"));
    expect(tarballs).toHaveLength(packages.length);
    await writeFile(join(project, "package.json"), JSON.stringify({ name: "a-project", private: true, type: "module" }));
    await run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", "@types/node", ...tarballs.map((name) => join(folder, name))], {
      cwd: project,
    });
    await writeFile(join(project, "job.ts"), job);
    await writeFile(join(project, "subpaths.mjs"), subpaths);
    await writeFile(join(project, "loading.mjs"), loading);
    await writeFile(join(project, "tsconfig.json"), JSON.stringify(tsconfig));
    await writeFile(join(project, "in.csv"), "at,key,n\n1000,a,1\n2000,b,2\n3000,a,3\n12000,a,4\n");
  }, 240_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("hold JavaScript and types, neither sources nor tests nor build records", async () => {
    for (const path of await publicPackages()) {
      const { name } = JSON.parse(await readFile(join(root, path, "package.json"), "utf8"));
      const files = (await readdir(join(project, "node_modules", name), { recursive: true })).filter((file) => !file.startsWith("node_modules"));
      expect(files, name).toContain("package.json");
      expect(
        files.filter((file) => /\.test\.|\.tsbuildinfo$|^src|(?<!\.d)\.ts$/.test(file)),
        name,
      ).toEqual([]);
    }
  });

  it("have types that check a job beside those of Node", async () => {
    const { stdout } = await run(join(root, "node_modules/.bin/tsc"), ["-p", project, "--pretty", "false"]).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe("");
  });

  it("open what they say they export", async () => {
    await run(process.execPath, ["subpaths.mjs"], { cwd: project });
  });

  it("have entry points that plain Node loads, every one of them", async () => {
    const names = (await Promise.all((await publicPackages()).map(entryPoints))).flat();
    expect(names).toContain("@millrace/kafka/registry");
    const given = names.map((name) => [threads.includes(name) ? "thread" : "module", name]);
    // The suites' own, which only those have who test their connectors.
    const links = ["vitest", "fast-check"].map((name) => [join(root, "node_modules", name), join(project, "node_modules", name)] as const);
    for (const [target, link] of links) await symlink(target, link);
    const { stdout } = await run(process.execPath, ["loading.mjs", JSON.stringify(given)], { cwd: project });
    for (const [, link] of links) await rm(link);
    expect(stdout).toBe("");
  });

  it("run a job from the command line, on plain Node", async () => {
    // The command finds its Node on the PATH: the one that runs these tests.
    const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` };
    await run("npx", ["--no-install", "millrace", "run", "job.ts", "--param", "out=results"], { cwd: project, env });
    const results = await readdir(join(project, "results"));
    const texts = await Promise.all(results.map((name) => readFile(join(project, "results", name), "utf8")));
    expect(texts.flatMap((text) => text.trimEnd().split("\n").slice(1)).sort()).toEqual(["2", "4", "4"]);
  });
});

async function publicPackages(): Promise<readonly string[]> {
  const folders = ["packages", "apps"].map(async (parent) => (await readdir(join(root, parent))).map((name) => `${parent}/${name}`));
  const found: string[] = [];
  for (const path of (await Promise.all(folders)).flat()) {
    const manifest = JSON.parse(await readFile(join(root, path, "package.json"), "utf8"));
    if (manifest.private !== true) found.push(path);
  }
  return found;
}

/** Under the names by which they are imported. */
async function entryPoints(path: string): Promise<readonly string[]> {
  const { name, exports } = JSON.parse(await readFile(join(root, path, "package.json"), "utf8")) as { name: string; exports?: object };
  return Object.keys(exports ?? {}).map((subpath) => join(name, subpath));
}

/** Other people's packages come from a registry. Without one these tests are left out, and say so. */
function offline(): boolean {
  try {
    execFileSync("npm", ["ping"], { stdio: "ignore", timeout: 20_000 });
    return false;
  } catch {
    console.warn("no package registry answers: the installed packages are NOT tested");
    return true;
  }
}
