import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";

/**
 * Java under a shell that listens on its standard input: a line is the signal to send, which is said again on descriptor 3 when it
 * has been sent, and its end, which comes when this process has gone however that happened, is SIGKILL.
 */
const guard = `exec 4<&0
java "$@" </dev/null 3>&- 4<&- & broker=$!
( trap '' TERM INT; while read -r signal <&4; do kill -s "$signal" $broker; echo "$signal" >&3; done; kill -s KILL $broker ) 2>/dev/null &
wait $broker`;

/** Java, with its output in a log file. */
export function spawnGuarded(java: readonly string[], cwd: string, logFile: string): ChildProcess {
  const log = openSync(logFile, "a");
  const guardian = spawn("sh", ["-c", guard, "sh", ...java], { cwd, stdio: ["pipe", log, log, "pipe"], detached: true });
  guardian.unref();
  guardian.stdin?.on("error", () => undefined);
  for (const pipe of [guardian.stdin, guardian.stdio[3]]) (pipe as { unref?: () => void } | null | undefined)?.unref?.();
  return guardian;
}

/** Resolves when the signal has been sent, or the process has gone. */
export async function signalJava(guardian: ChildProcess, signal: string): Promise<void> {
  if (guardian.exitCode !== null || guardian.signalCode !== null) return;
  const sent = Promise.withResolvers<void>();
  guardian.stdio[3]?.once("data", () => sent.resolve());
  guardian.once("exit", () => sent.resolve());
  guardian.stdin?.write(`${signal}\n`);
  await sent.promise;
}
