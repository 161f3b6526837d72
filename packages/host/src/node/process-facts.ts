import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import type { ProcessFacts } from "../state-directory/process-facts.ts";
import { nodeLiveness } from "./liveness.ts";

/** The PID namespace that is outside of all containers, in every Linux. */
const OUTERMOST = "pid:[4026531836]";

const boot = textOf("/proc/sys/kernel/random/boot_id")?.trim();

/** Processes of this machine; start times where there is a /proc. */
export const nodeProcessFacts: ProcessFacts = {
  pid: process.pid,
  host: hostname(),
  namespace: pidNamespace(),
  boot,
  liveness: boot === undefined ? undefined : nodeLiveness,
  startTime: (pid) => {
    const stat = statOf(pid);
    return stat === undefined || boot === undefined ? undefined : `${boot} ${stat.startTicks}`;
  },
  alive: (pid) => {
    const stat = statOf(pid);
    if (stat !== undefined) return !stat.ended;
    try {
      process.kill(pid, 0);
      return true;
    } catch (error) {
      return error instanceof Error && "code" in error && error.code === "EPERM";
    }
  },
};

/**
 * The one outside of all containers is the same after the machine has started anew. The number of another may be that of
 * a container on another machine, or before a start: only with the kernel's boot does it name one.
 */
function pidNamespace(): string | undefined {
  try {
    const namespace = readlinkSync("/proc/self/ns/pid");
    return namespace === OUTERMOST || boot === undefined ? namespace : `${namespace} of ${boot}`;
  } catch {
    return undefined;
  }
}

/** /proc/<pid>/stat after the command's closing parenthesis: the state is field 3, the start in ticks since boot field 22. */
function statOf(pid: number): { readonly ended: boolean; readonly startTicks: string } | undefined {
  const text = textOf(`/proc/${pid}/stat`);
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  const state = fields?.[0];
  const startTicks = fields?.[19];
  if (state === undefined || startTicks === undefined) return undefined;
  return { ended: state === "Z" || state === "X", startTicks };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
