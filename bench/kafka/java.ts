import { spawn } from "node:child_process";
import { join } from "node:path";

/** Runs a Java program on the broker's jars and gives what it prints. */
export function java(libs: string, parameters: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("java", ["-Xmx512m", "-cp", join(libs, "*"), ...parameters], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let problems = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (problems = (problems + chunk).slice(-2_000)));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(output) : reject(new Error(`java ${parameters.join(" ")}: ${problems}`))));
  });
}

export const plainClient: string = join(import.meta.dirname, "java", "PlainClient.java");
export const keyedCount: string = join(import.meta.dirname, "java", "KeyedCount.java");

/** `… 123456.7 records/sec …`; the last line is the total. */
export function producerPerformance(output: string): number {
  return Number(/([\d.]+) records\/sec/.exec(output.trim().split("\n").at(-1) ?? "")?.[1]);
}

/** Comma-separated with a header; the fetch rate, without the group's start, is in the last column. */
export function consumerPerformance(output: string): number {
  return Number(output.trim().split("\n").at(-1)?.split(",").at(-1));
}
