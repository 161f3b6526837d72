import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";

/**
 * Java under a shell that listens on its standard input: a line is the signal to send, and its end, which comes when
 * this process has gone however that happened, is SIGKILL.
 */
const guard = `exec 3<&0
java "$@" </dev/null & broker=$!
( trap '' TERM INT; while read -r signal <&3; do kill -s "$signal" $broker; done; kill -s KILL $broker ) 2>/dev/null &
wait $broker`;

/** Java, with its output in a log file. */
export function spawnGuarded(java: readonly string[], cwd: string, logFile: string): ChildProcess {
  const log = openSync(logFile, "a");
  const guardian = spawn("sh", ["-c", guard, "sh", ...java], { cwd, stdio: ["pipe", log, log], detached: true });
  guardian.unref();
  guardian.stdin?.on("error", () => undefined);
  (guardian.stdin as { unref?: () => void } | null)?.unref?.();
  return guardian;
}
