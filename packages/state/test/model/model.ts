import { type Domain, KEYS, type Step } from "./steps.ts";

/** All state of all keys as plain data; a structured clone is a checkpoint. */
export interface Contents {
  value: Record<number, number>;
  list: Record<number, number[]>;
  map: Record<number, Map<number, number>>;
  reducing: Record<number, number>;
  aggregating: Record<number, number[]>;
  /** By namespace and key. */
  cells: Record<number, Record<number, number[]>>;
  spaces: Record<number, Record<number, number[]>>;
  /** `domain/key/namespace/time`. */
  timers: Set<string>;
}

export function emptyContents(): Contents {
  const spaces = (): Record<number, Record<number, number[]>> => ({ 0: {}, 1: {}, 2: {} });
  return { value: {}, list: {}, map: {}, reducing: {}, aggregating: {}, cells: spaces(), spaces: spaces(), timers: new Set() };
}

export function timerName(domain: Domain, key: number, space: number, time: number): string {
  return `${domain}/${key}/${space}/${time}`;
}

/** Numbers of an `append` or `replace`. */
export function elements(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

/** What a step does to the contents, except for steps whose outcome is open (drain, advance): those follow the backend. */
export function follow(contents: Contents, step: Step): void {
  switch (step.do) {
    case "update":
      contents.value[step.key] = step.n;
      break;
    case "refresh":
      if (contents.value[step.key] !== undefined) contents.value[step.key] = (contents.value[step.key] ?? 0) + step.n;
      break;
    case "reduce":
      contents.reducing[step.key] = (contents.reducing[step.key] ?? 0) + step.n;
      break;
    case "aggregate":
      contents.aggregating[step.key] = [...(contents.aggregating[step.key] ?? []), step.n];
      break;
    case "append":
      contents.list[step.key] = [...(contents.list[step.key] ?? []), ...elements(step.n, step.count)];
      break;
    case "replace":
      contents.list[step.key] = elements(0, step.count);
      break;
    case "put":
    case "remove":
      followMap(contents, step);
      break;
    case "cell":
      push(contents.cells[step.space], step.key, step.n);
      break;
    case "space":
      push(contents.spaces[step.space], step.key, step.n);
      break;
    case "drop":
      delete contents.cells[step.space]?.[step.key];
      break;
    case "clear":
      clear(contents, step.key, step.what);
      break;
    case "set":
      contents.timers.add(timerName(step.domain, step.key, step.space, step.time));
      break;
    case "unset":
      contents.timers.delete(timerName(step.domain, step.key, step.space, step.time));
      break;
    default:
  }
}

function followMap(contents: Contents, step: Step & { readonly do: "put" | "remove" }): void {
  const map = contents.map[step.key] ?? new Map<number, number>();
  contents.map[step.key] = map;
  for (let field = step.from; field < step.from + step.count; field++) {
    if (step.do === "put") map.set(field, field + step.count);
    else map.delete(field);
  }
}

function clear(contents: Contents, key: number, what: "value" | "list" | "map" | "reducing" | "aggregating" | "space"): void {
  if (what === "space") for (const space of Object.values(contents.spaces)) delete space[key];
  else delete contents[what][key];
}

function push(space: Record<number, number[]> | undefined, key: number, n: number): void {
  if (space !== undefined) space[key] = [...(space[key] ?? []), n];
}

/** Contents in one form: nothing and emptiness are the same. */
export function normalized(contents: Contents): unknown {
  const keys = elements(0, KEYS);
  return {
    value: keys.map((key) => contents.value[key]),
    list: keys.map((key) => contents.list[key] ?? []),
    map: keys.map((key) => [...(contents.map[key] ?? [])].sort(([a], [b]) => a - b)),
    reducing: keys.map((key) => contents.reducing[key]),
    aggregating: keys.map((key) => contents.aggregating[key]),
    cells: [0, 1, 2].map((space) => keys.map((key) => contents.cells[space]?.[key])),
    spaces: [0, 1, 2].map((space) => keys.map((key) => contents.spaces[space]?.[key] ?? [])),
    timers: [...contents.timers].sort(),
  };
}
