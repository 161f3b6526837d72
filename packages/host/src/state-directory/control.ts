import { createHash } from "node:crypto";
import { type Files, MillraceError } from "@millrace/core";
import { corruptState, readJson, writeJson } from "./files.ts";

/** `control.json`: where the control socket of the running process is. Left behind by a crash; its token tells. */
export interface ControlRecord {
  readonly formatVersion: 1;
  readonly socketPath: string;
  readonly pid: number;
  /** Of the lock under which the socket was opened. */
  readonly lockToken: string;
}

/** Longer ones are cut silently by Node and the systems below it; macOS takes 103 bytes and the closing zero. */
const SOCKET_PATH_BYTES_MAX = 100;

/**
 * The path of a job's control socket: a short name made from the state directory's absolute path, because that one may be
 * too long for a socket. Throws STATE_SOCKET_PATH when the runtime directory alone is too long.
 */
export function controlSocketPath(runtimeDirectory: string, stateDirectory: string): string {
  const path = `${runtimeDirectory}/${createHash("sha256").update(stateDirectory).digest("hex").slice(0, 16)}.sock`;
  if (new TextEncoder().encode(path).length <= SOCKET_PATH_BYTES_MAX) return path;
  throw new MillraceError("STATE_SOCKET_PATH", `the path of the control socket is too long: ${path}`, {
    hint: `set XDG_RUNTIME_DIR to a directory with a shorter path; a socket's path has at most ${SOCKET_PATH_BYTES_MAX} bytes`,
  });
}

export async function readControl(files: Files, stateDirectory: string): Promise<ControlRecord | undefined> {
  const path = `${stateDirectory}/control.json`;
  const value = await readJson(files, path);
  if (value === undefined) return undefined;
  const { formatVersion, socketPath, pid, lockToken } = value;
  if (formatVersion !== 1 || typeof socketPath !== "string" || typeof pid !== "number" || typeof lockToken !== "string") {
    throw corruptState(path, "it is no record of a control socket");
  }
  return { formatVersion, socketPath, pid, lockToken };
}

export function writeControl(files: Files, stateDirectory: string, record: ControlRecord): Promise<void> {
  return writeJson(files, `${stateDirectory}/control.json`, { ...record });
}
