import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { spawnGuarded } from "../src/node/local-broker/guarded-java.ts";
import { missingTool } from "../src/node/local-broker/index.ts";
import { cacheFolder, run } from "../src/node/local-broker/jars.ts";

/** The last version that runs on Java 17. */
const artifact = "io.apicurio:apicurio-registry-app:2.6.13.Final:tar.gz:all";
const jar = "apicurio-registry-app-2.6.13.Final-runner.jar";
const plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
const readyWithinMs = 60_000;

/**
 * The address of a real schema registry (Apicurio, by its interface for Confluent's clients) for the tests of one file; of
 * `SCHEMA_REGISTRY_URL` if that is set. undefined without Java, and a line on the terminal that says so.
 */
export async function testRegistry(): Promise<string | undefined> {
  const given = process.env.SCHEMA_REGISTRY_URL;
  if (given !== undefined) return given;
  const cached = existsSync(registryFolder());
  const missing = missingTool() ?? (cached || pathHas("mvn") ? undefined : "mvn");
  if (missing !== undefined) {
    console.warn(`SKIPPED: tests against a real schema registry, because ${missing} is not on the PATH and SCHEMA_REGISTRY_URL is not set`);
    return undefined;
  }
  if (!cached) await install();
  return start();
}

function registryFolder(): string {
  return join(cacheFolder(undefined), "registry-2.6.13");
}

function pathHas(tool: string): boolean {
  return (process.env.PATH ?? "").split(":").some((folder) => folder !== "" && existsSync(join(folder, tool)));
}

/** About 140 MB from Maven Central. */
async function install(): Promise<void> {
  await mkdir(cacheFolder(undefined), { recursive: true });
  const partial = await mkdtemp(join(cacheFolder(undefined), ".registry-"));
  try {
    await run("mvn", ["-q", "-B", plugin, `-Dartifact=${artifact}`, `-DoutputDirectory=${partial}`]);
    const unpacked = join(partial, "unpacked");
    await mkdir(unpacked);
    await run("tar", ["xzf", join(partial, "apicurio-registry-app-2.6.13.Final-all.tar.gz"), "-C", unpacked]);
    await rename(unpacked, registryFolder()).catch((error: unknown) => {
      if (!existsSync(registryFolder())) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function start(): Promise<string> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), "millrace-registry-"));
  const settings = [`-Dquarkus.http.port=${port}`, "-Dquarkus.http.host=127.0.0.1"];
  const flags = ["-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
  const guardian = spawnGuarded([...flags, ...settings, "-jar", join(registryFolder(), jar)], folder, join(folder, "registry.log"));
  const gone = new Promise<void>((resolve) => guardian.once("exit", () => resolve()));
  afterAll(async () => {
    guardian.stdin?.write("KILL\n");
    await gone;
    await rm(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const deadline = performance.now() + readyWithinMs;
  while (!(await serves(url))) {
    if (guardian.exitCode !== null || performance.now() > deadline) throw new Error(`the registry does not serve; see ${folder}/registry.log`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return url;
}

async function serves(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/subjects`)).ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
