import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { MillraceError } from "@millrace/core";
import { signalJava, spawnGuarded } from "./guarded-java.ts";
import { cacheFolder, defaultVersion, fetchJars, type JarOptions, run } from "./jars.ts";
import { type ClusterNode, type Ports, properties, render } from "./properties.ts";

export interface LocalBrokerOptions extends JarOptions {
  /** Storage and log; used again when it exists, with its ports. Default: a fresh temporary folder. */
  readonly dataDirectory?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Java's -Xmx. Default "512m". */
  readonly heap?: string;
  /** Starts faster and serves slower. Default true. */
  readonly quick?: boolean;
  /** Broker settings beside the usual ones. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  /** Levels of the cluster's features, e.g. `{ "transaction.version": 0 }`; the others are the version's own. */
  readonly features?: Readonly<Record<string, number>>;
  /** Listeners beside PLAINTEXT, each named as its security protocol: `SASL_PLAINTEXT`, `SSL`, `SASL_SSL`. */
  readonly listeners?: readonly string[];
  /** Makes it a further broker of a cluster: an id above 1, and the controller of its first broker. */
  readonly node?: ClusterNode;
}

export interface LocalBroker {
  /** `127.0.0.1:port`. */
  readonly bootstrap: string;
  /** The same of the further listeners, by name. */
  readonly listeners: Readonly<Record<string, string>>;
  /** `127.0.0.1:port`, for further brokers of its cluster. */
  readonly controller: string;
  readonly dataDirectory: string;
  readonly logFile: string;
  readonly libs: string;
  /** STOP: it accepts connections and answers nothing, until CONT. Resolves when it is so. */
  signal(signal: "STOP" | "CONT"): Promise<void>;
  /** SIGTERM, or SIGKILL as in a crash; resolves when it has gone. `clean` removes its data. */
  stop(how?: { readonly kill?: boolean; readonly clean?: boolean }): Promise<void>;
}

const host = "127.0.0.1";
const readyWithinMs = 60_000;

/**
 * Starts one broker (KRaft, a node that is broker and controller) and resolves when it serves. It ends with this
 * process, also when that is killed. Topics are not created on first use; timed-out transactions are looked for twice a
 * second; a killed broker may come back after 3 s. Throws KAFKA_LOCAL_BROKER.
 */
export async function startLocalBroker(options: LocalBrokerOptions = {}): Promise<LocalBroker> {
  const { version = defaultVersion, heap = "512m", quick = true, settings = {}, listeners = [], node } = options;
  const libs = await fetchJars(options);
  const dataDirectory = resolve(options.dataDirectory ?? (await mkdtemp(join(tmpdir(), "millrace-kafka-"))));
  await mkdir(dataDirectory, { recursive: true });
  const ports = await portsFor(join(dataDirectory, "ports.json"), options.port, listeners);
  const storage = join(dataDirectory, "storage");
  if (!existsSync(join(storage, "meta.properties"))) {
    const template = await formatted(options, version, libs);
    if (node === undefined) await cp(template, storage, { recursive: true });
    else await joinedStorage(template, storage, node);
  }
  const file = join(dataDirectory, "server.properties");
  writeFileSync(file, render({ ...properties(ports, storage, node), ...settings }));
  const logFile = join(dataDirectory, "broker.log");
  const flags = quick ? ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"] : ["-XX:+UseG1GC"];
  const logging = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"];
  const java = [`-Xmx${heap}`, ...flags, "-Xshare:auto", ...logging, "-cp", join(libs, "*"), "kafka.Kafka", file];
  const guardian = spawnGuarded(java, dataDirectory, logFile);
  const gone = new Promise<void>((done) => guardian.once("exit", () => done()));
  await untilServing(ports.broker, guardian, logFile);
  return {
    bootstrap: `${host}:${ports.broker}`,
    listeners: Object.fromEntries(Object.entries(ports.listeners).map(([name, port]) => [name, `${host}:${port}`])),
    controller: node?.controller ?? `${host}:${ports.controller}`,
    dataDirectory,
    logFile,
    libs,
    signal: (signal) => signalJava(guardian, signal),
    async stop({ kill = false, clean = false } = {}) {
      guardian.ref();
      guardian.stdin?.write(kill ? "KILL\n" : "CONT\nTERM\n");
      await gone;
      if (clean) await rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

/** Formatted storage, made once for each version and copied: it costs one start of a JVM. */
async function formatted({ cache, features = {} }: LocalBrokerOptions, version: string, libs: string): Promise<string> {
  const levels = Object.entries(features).map(([name, level]) => `${name}=${level}`);
  const template = join(cacheFolder(cache), ["storage", version, ...levels].join("-"));
  if (existsSync(join(template, "meta.properties"))) return template;
  const partial = await mkdtemp(join(cacheFolder(cache), `.storage-${version}-`));
  const storage = join(partial, "storage");
  const file = join(partial, "server.properties");
  writeFileSync(file, render(properties({ broker: 9092, controller: 9093, listeners: {} }, storage, undefined)));
  const clusterId = "bWlsbHJhY2Uta2Fma2EtMQ";
  await run("java", [
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-cp",
    join(libs, "*"),
    "kafka.tools.StorageTool",
    "format",
    "-t",
    clusterId,
    "-c",
    file,
    ...levels.flatMap((level) => ["--feature", level]),
  ]);
  await rename(storage, template).catch((error: unknown) => {
    if (!existsSync(join(template, "meta.properties"))) throw error;
  });
  await rm(partial, { recursive: true, force: true });
  return template;
}

/** Of the template, which is node 1's, only the cluster's id stays; no two directories of a cluster have one id. */
async function joinedStorage(template: string, storage: string, { id }: ClusterNode): Promise<void> {
  await mkdir(storage, { recursive: true });
  const own = readFileSync(join(template, "meta.properties"), "utf8")
    .replace(/^node\.id=.*$/m, `node.id=${id}`)
    .replace(/^directory\.id=.*$/m, `directory.id=${randomBytes(16).toString("base64url")}`);
  writeFileSync(join(storage, "meta.properties"), own);
}

async function portsFor(memory: string, wanted: number | undefined, listeners: readonly string[]): Promise<Ports> {
  const before = existsSync(memory) ? (JSON.parse(readFileSync(memory, "utf8")) as Ports) : undefined;
  const more: Record<string, number> = {};
  for (const name of listeners) more[name] = await claim(before?.listeners[name] ?? 0);
  const ports: Ports = { broker: await claim(wanted ?? before?.broker ?? 0), controller: await claim(before?.controller ?? 0), listeners: more };
  writeFileSync(memory, JSON.stringify(ports));
  return ports;
}

/** 0: any free port. */
function claim(port: number): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", (error) => fail(new MillraceError("KAFKA_LOCAL_BROKER", `port ${port} can't be used: ${error.message}`, { cause: error })));
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}

async function untilServing(port: number, guardian: ChildProcess, logFile: string): Promise<void> {
  const deadline = performance.now() + readyWithinMs;
  while (!(await serves(port))) {
    if (guardian.exitCode !== null) throw new MillraceError("KAFKA_LOCAL_BROKER", `the broker ended with code ${guardian.exitCode}; see ${logFile}`);
    if (performance.now() > deadline) {
      guardian.stdin?.write("KILL\n");
      throw new MillraceError("KAFKA_LOCAL_BROKER", `the broker did not serve within ${readyWithinMs / 1000} s; see ${logFile}`);
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Asks for metadata (version 1) by hand: a broker serves when it lists one broker, itself. A listener that wants SASL or TLS drops the question: then the open port is all there is to see. */
function serves(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, host);
    let connected = false;
    let seen: Buffer = Buffer.alloc(0);
    const answer = (good: boolean): void => {
      socket.destroy();
      done(good);
    };
    socket.setTimeout(1_000, () => answer(false));
    socket.on("error", () => answer(false));
    socket.on("close", () => answer(connected && seen.length === 0));
    socket.on("connect", () => {
      connected = true;
      const request = Buffer.from("0000000e0003000100000001ffff00000000", "hex");
      socket.write(request);
    });
    socket.on("data", (chunk) => {
      seen = Buffer.concat([seen, chunk as Buffer]);
      if (seen.length >= 12) answer(seen.readInt32BE(8) >= 1);
    });
  });
}
