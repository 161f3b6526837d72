/** Flags of Node that decide how modules are found and read; each may carry its value in the next argument. */
const withValue = new Set(["--conditions", "-C", "--import", "--require", "-r", "--loader", "--experimental-loader", "--disable-warning"]);
const alone = new Set([
  "--enable-source-maps",
  "--no-warnings",
  "--experimental-strip-types",
  "--experimental-transform-types",
  "--preserve-symlinks",
]);

/**
 * What of the process's own flags a worker thread is started with. V8's flags (`--max-old-space-size`, `--expose-gc`) hold for
 * the whole process already, and Node refuses them for a thread; `--inspect` would ask for the same port again.
 */
export function workerFlags(execArgv: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at < execArgv.length; at++) {
    const flag = execArgv[at] as string;
    const name = flag.split("=", 1)[0] as string;
    if (alone.has(flag) || (withValue.has(name) && flag.includes("="))) kept.push(flag);
    else if (withValue.has(flag) && at + 1 < execArgv.length) kept.push(flag, execArgv[++at] as string);
  }
  return kept;
}
