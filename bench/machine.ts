import { cpus } from "node:os";

/** What stands above the figures of a bench: the day, Node and the processors. */
export function machine(): string {
  return `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`;
}
