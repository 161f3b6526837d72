import { existsSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Resumption, SeenCheckpoint, StateSide, StateSize } from "./side.ts";
import { Resumed, SideProcess } from "./side-process.ts";

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
      const running = start({ ...size, stateDir: directory }, (word) => {
        if (word === "filled") filled.resolve();
      });
      await Promise.race([filled.promise, running.died]);
      await running.kill();
    },
    resume: async (directory, how) => {
      const copy = `${directory}-resumed`;
      // The killed process has left its socket.
      await cp(directory, copy, { recursive: true, filter: (path) => !path.endsWith(".sock") });
      if (!localStore) await rm(join(copy, "local"), { recursive: true });
      const checkpoints: SeenCheckpoint[] = [];
      const output = Promise.withResolvers<number>();
      const begun = performance.now();
      const running = start({ ...size, ...how, stateDir: copy }, (word) => {
        if (word === "output") output.resolve(performance.now() - begun);
        else if (word !== "filled") checkpoints.push(word);
      });
      return new Resumed(running, copy, output.promise, checkpoints);
    },
  };
}

/** It ends with its channel, if this process is killed. */
function start(order: VictimOrder, heard: (word: VictimWord) => void): SideProcess {
  const args = [...(built ? [] : ["--conditions=millrace-source"]), join(import.meta.dirname, "run-victim.ts"), JSON.stringify(order)];
  return new SideProcess(process.execPath, args, { stdio: ["ignore", "pipe", "inherit", "ipc"] }, (text) => heard(JSON.parse(text) as VictimWord));
}
