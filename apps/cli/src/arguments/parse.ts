import { availableParallelism } from "node:os";
import { MillraceError, wholeMilliseconds } from "@millrace/core";

/** Milliseconds of `10s`, `500ms`, `2m`, `1.5h`, `1d`. */
export function parseDuration(text: string, option: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|min|h|d)$/.exec(text.trim()) ?? [];
  const ms = wholeMilliseconds(Number(count), durationUnitsMs[unit ?? ""] ?? Number.NaN);
  if (ms !== undefined && ms > 0) return ms;
  throw usage(`${option} takes a duration, not ${JSON.stringify(text)}`, `e.g. ${option} 10s; units are ms, s, m, h and d`);
}

const durationUnitsMs: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** Bytes of `2g`, `512m`, `64k`; powers of 1024. */
export function parseBytes(text: string, option: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)([kmgt])(?:i?b)?$/i.exec(text.trim()) ?? [];
  const bytes = Math.floor(Number(count) * 1024 ** (" kmgt".indexOf((unit ?? "?").toLowerCase()) || Number.NaN));
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw usage(`${option} takes a size, not ${JSON.stringify(text)}`, `e.g. ${option} 2g or ${option} 512m`);
}

export function parseCount(text: string, option: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text.trim()) && Number.isSafeInteger(count) && count > 0) return count;
  throw usage(`${option} takes a whole number from 1, not ${JSON.stringify(text)}`, `e.g. ${option} 4`);
}

/** A number of subtasks, or `auto`: as many as this machine has cores. */
export function parseParallelism(text: string, option: string): number {
  if (text === "auto") return availableParallelism();
  try {
    return parseCount(text, option);
  } catch {
    throw usage(
      `${option} takes a whole number from 1 or auto, not ${JSON.stringify(text)}`,
      `e.g. ${option} 4, or ${option} auto for one subtask a core`,
    );
  }
}

/** `name=value` pairs; a value may hold further `=`. The values are read by the job's declarations. */
export function parseParameters(pairs: readonly string[]): { readonly [name: string]: string } {
  const parameters = new Map<string, string>();
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at <= 0) throw usage(`--param takes name=value, not ${JSON.stringify(pair)}`, "e.g. --param out=results");
    const name = pair.slice(0, at);
    if (parameters.has(name)) throw usage(`--param ${name} is given twice`, "give each parameter once");
    parameters.set(name, pair.slice(at + 1));
  }
  return Object.fromEntries(parameters);
}

function usage(message: string, hint: string): MillraceError {
  return new MillraceError("COMMAND_ARGUMENT", message, { hint });
}
