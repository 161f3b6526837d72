import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { diedEarly, hear } from "./said.ts";
import type { Resumption, SeenCheckpoint, StateSide, StateSize } from "./side.ts";

/** What users start is built, by `pnpm build`; loading the sources takes half a second more. */
const built = existsSync(join(import.meta.dirname, "../../../packages/millrace/dist/index.js"));

/** What `run-victim.ts` is told. */
export interface VictimOrder extends StateSize, Partial<Resumption> {
  readonly stateDir: string;
}

/** What it says, each on a line. */
export type VictimWord = "output" | "filled" | SeenCheckpoint;

/** `localStore`: false: it has been lost, and state comes from the checkpoint alone. */
export function millraceSide(size: StateSize, { localStore }: { readonly localStore: boolean }): StateSide {
  return {
    name: localStore ? "Millrace" : "Millrace, from the checkpoint alone",
    build: async (directory) => {
      const filled = Promise.withResolvers<void>();
      const { child, early } = start({ ...size, stateDir: directory }, (word) => {
        if (word === "filled") filled.resolve();
      });
      await Promise.race([filled.promise, early]);
      await killed(child);
    },
    resume: async (directory, how) => {
      const copy = `${directory}-resumed`;
      await rm(copy, { recursive: true, force: true });
      // The killed process has left its socket.
      await cp(directory, copy, { recursive: true, filter: (path) => !path.endsWith(".sock") });
      if (!localStore) await rm(join(copy, "local"), { recursive: true });
      const checkpoints: SeenCheckpoint[] = [];
      const output = Promise.withResolvers<number>();
      const begun = performance.now();
      const { child, early } = start({ ...size, ...how, stateDir: copy }, (word) => {
        if (word === "output") output.resolve(performance.now() - begun);
        else if (word !== "filled") checkpoints.push(word);
      });
      return {
        firstOutputMs: Promise.race([output.promise, early]),
        died: early,
        checkpoints,
        kill: async () => {
          await killed(child);
          await rm(copy, { recursive: true, force: true });
        },
      };
    },
  };
}

function start(order: VictimOrder, heard: (word: VictimWord) => void): { readonly child: ChildProcess; readonly early: Promise<never> } {
  const victim = join(import.meta.dirname, "run-victim.ts");
  const child = spawn(process.execPath, [...(built ? [] : ["--conditions=millrace-source"]), victim, JSON.stringify(order)], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  hear([child.stdout], (text) => heard(JSON.parse(text) as VictimWord));
  const early = diedEarly(child, () => "see above");
  // It is killed in the end.
  early.catch(() => undefined);
  return { child, early };
}

function killed(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("close", () => resolve());
    child.kill("SIGKILL");
  });
}
