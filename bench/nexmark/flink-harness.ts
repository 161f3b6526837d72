import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError } from "@millrace/core";

/** By name, as `Main.java` has them. */
export type FlinkOptions = Readonly<Record<string, string | number>>;

export interface FlinkCommand {
  readonly command: string;
  readonly args: string[];
  readonly env: NodeJS.ProcessEnv;
}

/** How to run Flink's side, in a JVM of its own; it is built at the first run. Throws NEXMARK_SIDE where there is no Java. */
export function flinkCommand(options: FlinkOptions): FlinkCommand {
  requireJava();
  return {
    command: join(import.meta.dirname, "flink/run"),
    args: Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]),
    env: { NEXMARK_BUILD: join(tmpdir(), "millrace-nexmark-flink"), ...process.env },
  };
}

function requireJava(): void {
  for (const command of ["java", "mvn"]) {
    try {
      execFileSync(command, ["-version"], { stdio: "ignore" });
    } catch (error) {
      throw new MillraceError("NEXMARK_SIDE", `Flink's side needs ${command}`, {
        cause: error,
        hint: "install JDK 17 and Maven, or leave Flink's side out",
      });
    }
  }
}
