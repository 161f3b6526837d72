import { fileURLToPath } from "node:url";

/** Where this package's own modules lie; frames from here are not the user's. */
const ownDirectory = fileURLToPath(new URL("..", import.meta.url));
const framesMax = 30;

/**
 * The line of the user's code that called the API, e.g. `job.ts:14:6`, its path relative to the working directory. The stack is
 * put into words only when somebody asks: that takes as long as all else that is done for a node.
 */
export function callSite(): () => string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = framesMax;
  const called = new Error("call site");
  Error.stackTraceLimit = limit;
  return () => userFrame(called.stack ?? "", ownDirectory, process.cwd());
}

/** The first frame of a stack trace outside `internal`. */
export function userFrame(stack: string, internal: string, workingDirectory: string): string | undefined {
  for (const line of stack.split("\n").slice(1)) {
    const [, file, position] = /(?:\(|at (?:async )?)((?:file:\/\/)?[^()]+?):(\d+:\d+)\)?$/.exec(line.trim()) ?? [];
    if (file === undefined || file.startsWith("node:")) continue;
    const path = file.startsWith("file://") ? fileURLToPath(file) : file;
    if (path.startsWith(internal)) continue;
    const relative = path.startsWith(`${workingDirectory}/`) ? path.slice(workingDirectory.length + 1) : path;
    return `${relative}:${position}`;
  }
  return undefined;
}
