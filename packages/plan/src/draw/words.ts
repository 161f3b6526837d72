import type { Json } from "@millrace/core";

const unitsMs = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "min"],
  [1_000, "s"],
] as const;

/** `1 h`, `90 s`, `250 ms`: the largest unit that leaves a whole number. */
export function durationText(ms: number): string {
  const unit = unitsMs.find(([unitMs]) => ms !== 0 && ms % unitMs === 0);
  return unit === undefined ? `${ms} ms` : `${ms / unit[0]} ${unit[1]}`;
}

/** A description of an assigner, trigger or evictor, e.g. `tumbling(event time, size 1 h)` or `purging(count(3))`. */
export function descriptionText(description: Json): string {
  if (!isFields(description)) return JSON.stringify(description);
  const { type, ...fields } = description;
  const words = Object.entries(fields).flatMap(([name, value]) => fieldWords(String(type), name, value));
  if (type === undefined) return words.join(", ");
  return words.length === 0 ? String(type) : `${String(type)}(${words.join(", ")})`;
}

function fieldWords(type: string, name: string, value: Json): readonly string[] {
  if (value === false || value === null || (name === "offsetMs" && value === 0)) return [];
  if (value === true) return [name];
  if (name === "time") return [`${String(value)} time`];
  if (isFields(value)) return [name === "of" ? descriptionText(value) : `${name} ${descriptionText(value)}`];
  const text = name.endsWith("Ms") && typeof value === "number" ? durationText(value) : plainText(value);
  const called = name.endsWith("Ms") ? name.slice(0, -2) : name;
  return [called === type || called === "of" ? text : `${called} ${text}`];
}

/** A connector's options on one line, without those that say nothing: `patterns flights/*.csv, format csv`. */
export function optionsText(options: Json): string {
  if (!isFields(options)) return options === null ? "" : plainText(options);
  return Object.entries(options)
    .flatMap(([name, value]) => fieldWords("", name, value))
    .join(", ");
}

/** `boundedOutOfOrderness(14400000)` with its milliseconds as people say them. */
export function watermarksText(description: string): string {
  return description.replace(/\((\d+)\)/g, (_whole, ms: string) => `(${durationText(Number(ms))})`);
}

/** `within 1800000 ms` with its milliseconds as people say them. */
export function timesText(description: string): string {
  return description.replace(/(\d+) ms/g, (_whole, ms: string) => durationText(Number(ms)));
}

function plainText(value: Json): string {
  if (Array.isArray(value)) return value.map(plainText).join(" ");
  return typeof value === "string" && /^[^\s,"]+$/.test(value) ? value : JSON.stringify(value);
}

function isFields(value: Json): value is { readonly [name: string]: Json } {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
