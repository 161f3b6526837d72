import { spawn } from "node:child_process";
import { join } from "node:path";

export interface ReadLine {
  readonly partition: number;
  readonly offset: number;
  readonly value: string;
}

const reader = join(import.meta.dirname, "java", "CommittedReader.java");

/** The committed records of a topic as Kafka's own Java client sees them (read_committed), in the order of each partition. */
export function readWithJava(libs: string, bootstrap: string, topic: string): Promise<readonly ReadLine[]> {
  return new Promise((resolve, reject) => {
    const child = spawn("java", ["-Xmx256m", "-cp", join(libs, "*"), reader, bootstrap, topic], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let problems = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (problems = (problems + chunk).slice(-2_000)));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code !== 0) return reject(new Error(`the Java reader failed: ${problems}`));
      const lines = output.split("\n").slice(0, -1);
      resolve(
        lines.map((line) => {
          const [partition, offset, ...value] = line.split("\t");
          return { partition: Number(partition), offset: Number(offset), value: value.join("\t") };
        }),
      );
    });
  });
}
