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
  readonly pid: number;
  /** Of the process, as ProcessFacts.startTime says it; null when unknown. */
  readonly processStart: string | null;
  /** Random; stands in every manifest written under this lock. */
  readonly token: string;
  readonly acquiredAtMs: number;
}

/** undefined for text that this version does not understand. */
export function parseLockRecord(text: string): LockRecord | undefined {
  const value = parseObject(text);
  if (value === undefined) return undefined;
  const { formatVersion, phase, host, namespace = null, pid, processStart, token, acquiredAtMs } = value;
  if (formatVersion !== 1 || typeof host !== "string" || typeof pid !== "number" || typeof acquiredAtMs !== "number") return undefined;
  if (phase !== "claiming" && phase !== "holding") return undefined;
  if (typeof token !== "string" || !/^[0-9a-f]{16,64}$/.test(token)) return undefined;
  if (processStart !== null && typeof processStart !== "string") return undefined;
  if (namespace !== null && typeof namespace !== "string") return undefined;
  return { formatVersion, phase, host, namespace, pid, processStart, token, acquiredAtMs };
}

/**
 * `live`: its process runs, as far as can be told. `stale`: its process is gone. `foreign`: of another machine or another
 * container, about which nothing can be told. `uncertain`: a process with that number runs, but nothing says that it is the same one.
 */
export type LockHolder = "live" | "stale" | "foreign" | "uncertain";

export function judgeHolder(record: LockRecord, processes: ProcessFacts): LockHolder {
  if (record.host !== processes.host || isElsewhere(record, processes)) return "foreign";
  if (!processes.alive(record.pid)) return "stale";
  const startTime = processes.startTime(record.pid);
  if (startTime === undefined || record.processStart === null) return "uncertain";
  return startTime === record.processStart ? "live" : "stale";
}

/** Whether the holder's number counts in another namespace. After the machine has started anew, the one outside of all containers is the same. */
export function isElsewhere({ namespace }: LockRecord, processes: ProcessFacts): boolean {
  return namespace !== null && processes.namespace !== undefined && namespace !== processes.namespace;
}
