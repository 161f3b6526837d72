import { parseObject } from "./files.ts";
import type { ProcessFacts } from "./process-facts.ts";

/** Who holds a state directory, or is about to. */
export interface LockRecord {
  readonly formatVersion: 1;
  /** `claiming`: looking whether there is another. Only one process gets from there to `holding` at a time. */
  readonly phase: "claiming" | "holding";
  readonly host: string;
  /** As ProcessFacts.namespace says it; null when unknown. */
  readonly namespace: string | null;
  /** As ProcessFacts.boot says it; null when unknown. */
  readonly boot: string | null;
  readonly pid: number;
  /** Of the process, as ProcessFacts.startTime says it; null when unknown. */
  readonly processStart: string | null;
  /** Random; stands in every manifest written under this lock. */
  readonly token: string;
  /** Whether it listens on its socket, from before this record until its end. */
  readonly listens: boolean;
  readonly acquiredAtMs: number;
}

/** undefined for text that this version does not understand. */
export function parseLockRecord(text: string): LockRecord | undefined {
  const value = parseObject(text);
  if (value === undefined) return undefined;
  const { formatVersion, phase, host, namespace = null, boot = null, pid, processStart, token, listens = false, acquiredAtMs } = value;
  if (formatVersion !== 1 || typeof host !== "string" || typeof pid !== "number" || typeof acquiredAtMs !== "number") return undefined;
  if (phase !== "claiming" && phase !== "holding") return undefined;
  if (typeof token !== "string" || !/^[0-9a-f]{16,64}$/.test(token)) return undefined;
  if (processStart !== null && typeof processStart !== "string") return undefined;
  if (namespace !== null && typeof namespace !== "string") return undefined;
  if ((boot !== null && typeof boot !== "string") || typeof listens !== "boolean") return undefined;
  return { formatVersion, phase, host, namespace, boot, pid, processStart, token, listens, acquiredAtMs };
}

/** Where the records and sockets of a state directory are. */
export function lockDirectory(directory: string): string {
  return `${directory}/lock`;
}

/** Of the socket that shows that a holder lives. */
export function socketName(token: string): string {
  return `${token}.sock`;
}

/**
 * `live`: its process runs, as far as can be told. `contained`: it runs, in another container of this machine. `stale`: its
 * process is gone. `foreign`: of another machine, or of a container about which nothing can be told. `uncertain`: a process
 * with that number runs, but nothing says that it is the same one.
 */
export type LockHolder = "live" | "contained" | "stale" | "foreign" | "uncertain";

export async function judgeHolder(record: LockRecord, directory: string, processes: ProcessFacts): Promise<LockHolder> {
  if (record.host !== processes.host) return "foreign";
  if (isElsewhere(record, processes)) return judgeElsewhere(record, directory, processes);
  if (!processes.alive(record.pid)) return "stale";
  const startTime = processes.startTime(record.pid);
  if (startTime === undefined || record.processStart === null) return "uncertain";
  return startTime === record.processStart ? "live" : "stale";
}

/** Whether the holder's number counts in another namespace. */
export function isElsewhere({ namespace }: LockRecord, processes: ProcessFacts): boolean {
  return namespace !== null && processes.namespace !== undefined && namespace !== processes.namespace;
}

/** A socket of another kernel tells nothing: two machines may share the volume, or this one has started anew. */
async function judgeElsewhere(record: LockRecord, directory: string, { boot, liveness }: ProcessFacts): Promise<LockHolder> {
  if (!record.listens || liveness === undefined || boot === undefined || record.boot !== boot) return "foreign";
  const listens = await liveness.listens(lockDirectory(directory), socketName(record.token));
  if (listens === undefined) return "foreign";
  return listens ? "contained" : "stale";
}
