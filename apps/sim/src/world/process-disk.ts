import type { FileHandle, Files } from "@millrace/core";
import { OUTPUT } from "../jobs/places.ts";
import type { Chance } from "./chance.ts";
import type { Death, DiskFaults } from "./faults.ts";
import { isManifest } from "./manifests.ts";
import type { World } from "./world.ts";

export interface DiskOwner {
  readonly alive: boolean;
  die(): void;
  /** Something has gone wrong. */
  disturbed(): void;
}

/** Among `met`: the process was ended right after a checkpoint that cut a firing. */
export const DIED_WITH_CUT_FIRING = "died with a firing cut";

/** Among `met`: the process was ended right after a checkpoint that overtook records. */
const DIED_WITH_RECORDS_UNDER_WAY = "died with records under way";

const SAVEPOINTS = "/state/savepoints";

/** What a fault may do to an operation: those that write need space. */
type Kind = "reads" | "writes" | "neither";

/**
 * The disk as one process sees it: operations are counted, take their time, fail as planned, and one may be the process's
 * last. An operation of a dead process never ends.
 */
export class ProcessDisk implements Files {
  operations = 0;
  /** Names of faults that have come true, for the coverage. */
  readonly met = new Set<string>();
  /** A savepoint is being written, or has been. */
  hasBegunSavepoint = false;
  /** An operation has failed. */
  hasFailed = false;
  readonly #world: World;
  readonly #owner: DiskOwner;
  readonly #faults: DiskFaults;
  readonly #death: Death | undefined;
  readonly #chance: Chance;
  /** Paths of files that have been opened and not closed, once for each handle. */
  readonly leftOpen: string[] = [];
  #publications = 0;
  #publicationsAtStop: number | undefined;
  /** The process ends when the manifest that got its name last is durable. */
  #endsWithManifest: string | undefined;
  #savepointOperations = 0;
  /** The operation that fails because it publishes. */
  #failsNext = 0;

  constructor(world: World, owner: DiskOwner, faults: DiskFaults, death: Death | undefined, chance: Chance) {
    this.#world = world;
    this.#owner = owner;
    this.#faults = faults;
    this.#death = death;
    this.#chance = chance;
  }

  /** The process is asked to stop with a savepoint. */
  stopAsked(): void {
    this.#publicationsAtStop = this.#publications;
  }

  async open(path: string, mode: "read" | "write" | "append" | "exclusive"): Promise<FileHandle> {
    const handle = await this.#operation(`open ${path} ${mode}`, mode === "read" ? "reads" : "writes", () => this.#world.disk.open(path, mode));
    this.leftOpen.push(path);
    return {
      read: (into, position) => this.#operation(`read ${path} ${position}`, "reads", () => handle.read(into, position)),
      readSync: (into, position) => handle.readSync(into, position),
      write: (bytes) =>
        this.#operation(
          `write ${path} ${bytes.length}`,
          "writes",
          () => handle.write(bytes),
          () => handle.write(bytes.subarray(0, this.#chance.below(bytes.length + 1))),
        ),
      truncate: (length) => this.#operation(`ftruncate ${path} ${length}`, "neither", () => handle.truncate(length)),
      stat: () => this.#operation(`fstat ${path}`, "reads", () => handle.stat()),
      sync: () => this.#operation(`sync ${path}`, "neither", () => handle.sync()),
      close: () => this.#operation(`close ${path}`, "neither", () => this.#close(path, handle)),
    };
  }

  async #close(path: string, handle: FileHandle): Promise<void> {
    await handle.close();
    this.leftOpen.splice(this.leftOpen.indexOf(path), 1);
  }

  readFile(path: string): Promise<Uint8Array> {
    return this.#operation(`readFile ${path}`, "reads", () => this.#world.disk.readFile(path));
  }

  stat(path: string): ReturnType<Files["stat"]> {
    return this.#operation(`stat ${path}`, "reads", () => this.#world.disk.stat(path));
  }

  list(path: string): Promise<readonly string[]> {
    return this.#operation(`list ${path}`, "reads", () => this.#world.disk.list(path));
  }

  makeDirectory(path: string): Promise<void> {
    this.hasBegunSavepoint ||= path.startsWith(`${SAVEPOINTS}/`);
    return this.#operation(`mkdir ${path}`, "writes", () => this.#world.disk.makeDirectory(path));
  }

  async rename(from: string, to: string): Promise<void> {
    this.#countPublication(from);
    await this.#operation(`rename ${from} ${to}`, "neither", () => this.#world.disk.rename(from, to));
    if (isManifest(to)) await this.#lookInto(to);
  }

  remove(path: string): Promise<void> {
    return this.#operation(`remove ${path}`, "neither", () => this.#world.disk.remove(path));
  }

  truncate(path: string, length: number): Promise<void> {
    return this.#operation(`truncate ${path} ${length}`, "neither", () => this.#world.disk.truncate(path, length));
  }

  async syncDirectory(path: string): Promise<void> {
    this.#countPublication(path);
    await this.#operation(`syncdir ${path}`, "neither", () => this.#world.disk.syncDirectory(path));
    if (this.#endsWithManifest !== undefined && this.#owner.alive) await this.#end(this.#endsWithManifest);
  }

  async #lookInto(manifest: string): Promise<void> {
    const { diesWithCutFiring, diesWithRecordsUnderWay } = this.#faults;
    if (diesWithCutFiring !== true && diesWithRecordsUnderWay !== true) return;
    const text = new TextDecoder().decode(await this.#world.disk.readFile(manifest));
    if (diesWithCutFiring === true && text.includes('"firing":true')) this.#endsWithManifest = DIED_WITH_CUT_FIRING;
    else if (diesWithRecordsUnderWay === true && text.includes('"inFlight"')) this.#endsWithManifest = DIED_WITH_RECORDS_UNDER_WAY;
    else this.#endsWithManifest = undefined;
  }

  #countPublication(path: string): void {
    const isOutput = path === OUTPUT || path.startsWith(`${OUTPUT}/`);
    if (!this.#owner.alive || !isOutput) return;
    const { failingPublication, failingPublicationBehindStop } = this.#faults;
    const isBehindStop = this.#publicationsAtStop !== undefined && this.#publications - this.#publicationsAtStop + 1 === failingPublicationBehindStop;
    if (++this.#publications === failingPublication || isBehindStop) this.#failsNext = this.operations + 1;
  }

  async #operation<T>(what: string, kind: Kind, run: () => Promise<T>, runInPart?: () => Promise<unknown>): Promise<T> {
    if (!this.#owner.alive) return never();
    const n = ++this.operations;
    this.#world.trace.add(what);
    await this.#delay(what);
    if (!this.#owner.alive) return never();
    const death = this.#death?.place;
    const last = death?.at === "operation" && death.n === n ? death.when : undefined;
    if (last === "before") return this.#end(`died before ${what.split(" ", 1)}`);
    if (last === "within" && runInPart !== undefined) {
      await runInPart();
      return this.#end("died within a write");
    }
    this.#fail(n, kind, what);
    const result = await run();
    if (last !== undefined) return this.#end(`died after ${what.split(" ", 1)}`);
    return result;
  }

  #delay(what: string): Promise<void> {
    const { delayMsMax: most, savepointDelayMsMax = most } = this.#faults;
    const delayMsMax = what.includes(` ${SAVEPOINTS}/`) ? savepointDelayMsMax : most;
    if (delayMsMax === 0) return Promise.resolve();
    this.met.add("slow disk");
    return new Promise((resolve) => this.#world.time.after(this.#chance.below(delayMsMax + 1), resolve));
  }

  #fail(n: number, kind: Kind, what: string): void {
    const { full, failing } = this.#faults;
    if (kind === "writes" && full !== undefined && n >= full.from && n < full.from + full.count) {
      this.#owner.disturbed();
      this.met.add("full disk");
      this.hasFailed = true;
      throw systemError("ENOSPC", what);
    }
    if (n === this.#failsNext || failing.includes(n) || this.#failsSavepoint(what)) {
      this.#owner.disturbed();
      this.met.add(`failing ${what.split(" ", 1)}`);
      this.hasFailed = true;
      throw systemError("EIO", what);
    }
  }

  #failsSavepoint(what: string): boolean {
    return what.includes(` ${SAVEPOINTS}/`) && ++this.#savepointOperations === this.#faults.failingSavepoint;
  }

  #end<T>(what: string): Promise<T> {
    this.met.add(what);
    this.#owner.die();
    return never();
  }
}

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}

function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
