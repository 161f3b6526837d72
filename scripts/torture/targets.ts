import { join } from "node:path";
import { prepare } from "../../examples/airport-delays/prepare.ts";
import { generateLogs } from "../../examples/web-logs/generate.ts";
import type { Target } from "./victim.ts";

const cache = join(import.meta.dirname, "..", "..", ".cache", "flights");

const random = /^random-(\d+)(?:-of-(\d+))?$/;

/** Refuses a name that no job has. */
export function checkTarget(name: string): void {
  if (["flights", "flights-small", "logs", "upgrade"].includes(name) || random.test(name)) return;
  throw new Error(
    `no job ${name}: there are flights, flights-small, logs, upgrade, random-1, random-2, …, and random-1-of-5000 with so many records`,
  );
}

/** The jobs of these names, with their input. */
export async function targetsOf(names: readonly string[], scratch: string): Promise<Target[]> {
  return Promise.all(names.map((name) => targetOf(name, scratch)));
}

async function targetOf(name: string, scratch: string): Promise<Target> {
  switch (name) {
    case "flights":
    case "flights-small": {
      const { flights, airports } = await prepare(cache, name === "flights" ? "3m" : "20k");
      return { name, job: "examples/airport-delays/job.ts", parameters: { flights, airports, windowHours: name === "flights" ? "1" : "24" } };
    }
    case "logs": {
      const logs = await generateLogs(join(scratch, "logs"), { accessLines: 300_000, sshdLines: 100_000, seed: 1 });
      return { name, job: "examples/web-logs/job.ts", parameters: { access: logs.access, sshd: logs.sshd } };
    }
    case "upgrade":
      // Version 1 has a state that version 2 drops.
      return {
        name,
        job: "scripts/torture/ledger-job.ts",
        parameters: { version: "2" },
        before: { version: "1" },
        flags: ["--allow-drop", "accounts"],
      };
    default: {
      checkTarget(name);
      const [, seed, count] = random.exec(name) as RegExpExecArray;
      return { name, job: "test/engine/threads/random.ts", parameters: { seed: seed as string, ...(count === undefined ? {} : { count }) } };
    }
  }
}
