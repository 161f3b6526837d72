import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { MillraceError } from "@millrace/core";

export interface JarOptions {
  /** Where jars are kept between runs. Default `MILLRACE_KAFKA_CACHE`, else `~/.cache/millrace/kafka`. */
  readonly cache?: string;
  readonly version?: string;
  /** Kafka Streams, too (70 MB more). */
  readonly streams?: boolean;
}

export const defaultVersion = "4.4.0";
/** Kafka's command line tools, published for other versions than the broker. */
const toolsVersion = "4.3.1";
const plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";

export function cacheFolder(cache: string | undefined): string {
  return cache ?? process.env.MILLRACE_KAFKA_CACHE ?? join(homedir(), ".cache", "millrace", "kafka");
}

/** The first program that a local broker lacks, or undefined. Maven is needed only while the jars are not cached. */
export function missingTool(options: JarOptions = {}): string | undefined {
  const cached = existsSync(join(cacheFolder(options.cache), `libs-${options.version ?? defaultVersion}`));
  return (cached ? ["java"] : ["java", "mvn"]).find((tool) => !onPath(tool));
}

function onPath(tool: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, tool)));
}

/** The folder with the broker's jars (about 45 MB), filled through Maven the first time. */
export async function fetchJars({ cache, version = defaultVersion, streams = false }: JarOptions = {}): Promise<string> {
  const folder = cacheFolder(cache);
  const libs = join(folder, streams ? `libs-${version}-streams` : `libs-${version}`);
  if (existsSync(libs)) return libs;
  await mkdir(folder, { recursive: true });
  const partial = await mkdtemp(join(folder, `.libs-${version}-`));
  try {
    const pom = join(partial, "pom.xml");
    await writeFile(pom, pomOf(version, streams));
    const jars = join(partial, "libs");
    await run("mvn", ["-q", "-B", "-f", pom, plugin, "-DincludeScope=runtime", `-DoutputDirectory=${jars}`]);
    // Another process may have been faster: then its folder is as good.
    await rename(jars, libs).catch((error: unknown) => {
      if (!existsSync(libs)) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return libs;
}

function pomOf(version: string, streams: boolean): string {
  const alone = "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>";
  const dependency = (group: string, artifact: string, wanted: string, more = "") =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${wanted}</version>${more}</dependency>`;
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>millrace</groupId><artifactId>kafka-jars</artifactId><version>1</version><dependencies>
${dependency("org.apache.kafka", "kafka_2.13", version)}
${dependency("org.apache.kafka", "kafka-tools", toolsVersion, alone)}
${streams ? dependency("org.apache.kafka", "kafka-streams", version) : ""}
${dependency("org.slf4j", "slf4j-simple", "1.7.36")}
</dependencies></project>`;
}

/** Runs a program to its end; rejects with the last of its output when it fails. */
export function run(program: string, parameters: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, parameters, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-2000);
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", (error) => reject(new MillraceError("KAFKA_LOCAL_BROKER", `${program} can't be run: ${error.message}`, { cause: error })));
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new MillraceError("KAFKA_LOCAL_BROKER", `${program} ended with code ${code}: ${output}`));
    });
  });
}
