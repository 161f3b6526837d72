import { type Json, MillraceError, wholeMilliseconds } from "@millrace/core";

export type ParameterValue = string | number | boolean;

/** What a job takes from `--param name=value`, as data. Build it with `params.string()` and its siblings. */
export interface ParameterDeclaration<V extends ParameterValue> {
  readonly kind: "string" | "number" | "boolean" | "duration";
  /** undefined: it must be given. */
  readonly default: V | undefined;
  /** Secrets stand neither in the plan nor in snapshots. */
  readonly secret: boolean;
  /** One line for `--help`. */
  readonly description: string | undefined;
}

export type ParameterDeclarations = Readonly<Record<string, ParameterDeclaration<ParameterValue>>>;

/** The values that the builder function gets: `{ out: string }` for `{ out: params.string() }`. */
export type ParameterValues<P extends ParameterDeclarations> = { readonly [N in keyof P]: P[N] extends ParameterDeclaration<infer V> ? V : never };

export interface ParameterOptions<V extends ParameterValue> {
  readonly default?: V | undefined;
  readonly secret?: boolean | undefined;
  readonly description?: string | undefined;
}

/** Builders of parameter declarations. */
export const params = {
  string: (options: ParameterOptions<string> = {}): ParameterDeclaration<string> => declaration("string", options),
  number: (options: ParameterOptions<number> = {}): ParameterDeclaration<number> => declaration("number", options),
  boolean: (options: ParameterOptions<boolean> = {}): ParameterDeclaration<boolean> => declaration("boolean", options),
  /** Milliseconds; on the command line `250ms`, `30s`, `5m`, `1h`, `7d`. */
  duration: (options: ParameterOptions<number> = {}): ParameterDeclaration<number> => declaration("duration", options),
};

function declaration<V extends ParameterValue>(kind: ParameterDeclaration<V>["kind"], options: ParameterOptions<V>): ParameterDeclaration<V> {
  return Object.freeze({ kind, default: options.default, secret: options.secret ?? false, description: options.description });
}

/** Parameters of a run, and what of them may stand in the plan. */
export interface ResolvedParameters {
  readonly values: Readonly<Record<string, ParameterValue>>;
  /** Without secrets. */
  readonly planned: { readonly [name: string]: Json };
}

/**
 * Fills defaults in and turns the text of a command line into values. Throws PARAMETER_UNKNOWN, PARAMETER_MISSING and
 * PARAMETER_VALUE; the text of a secret never stands in a message.
 */
export function resolveParameters(declarations: ParameterDeclarations, given: { readonly [name: string]: Json }): ResolvedParameters {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(declarations, name)) continue;
    const known = Object.keys(declarations);
    throw new MillraceError("PARAMETER_UNKNOWN", `the job has no parameter "${name}"`, {
      hint: known.length === 0 ? "it takes no parameters" : `it takes ${known.join(", ")}`,
    });
  }
  const values: Record<string, ParameterValue> = {};
  const planned: Record<string, Json> = {};
  for (const [name, declared] of Object.entries(declarations)) {
    const value = Object.hasOwn(given, name) ? givenValue(name, declared, given[name] ?? null) : defaultValue(name, declared);
    values[name] = value;
    if (!declared.secret) planned[name] = value;
  }
  return Object.freeze({ values: Object.freeze(values), planned: Object.freeze(planned) });
}

/**
 * What of the secret parameters could stand in a message: their values, given or by default, as texts. A boolean is none: its text
 * tells nothing, and stands everywhere. Throws what `resolveParameters` throws.
 */
export function secretTexts(declarations: ParameterDeclarations, given: { readonly [name: string]: Json }): readonly string[] {
  const { values } = resolveParameters(declarations, given);
  const secret = Object.entries(declarations).filter(([, declared]) => declared.secret && declared.kind !== "boolean");
  // A number or a duration may have been given in another form than the builder gets it in.
  return secret.flatMap(([name]) => [...new Set([values[name], given[name]].filter((value) => value !== undefined).map(String))]);
}

function missing(name: string, { description, kind }: ParameterDeclaration<ParameterValue>): MillraceError {
  return new MillraceError("PARAMETER_MISSING", `the job needs the parameter "${name}"${description === undefined ? "" : ` (${description})`}`, {
    hint: `give it with --param ${name}=${kind.toUpperCase()}`,
  });
}

function givenValue(name: string, declared: ParameterDeclaration<ParameterValue>, given: Json): ParameterValue {
  const value = parsers[declared.kind](given);
  if (value !== undefined) return value;
  const shown = declared.secret ? "" : `, not ${JSON.stringify(given)}`;
  throw new MillraceError("PARAMETER_VALUE", `the parameter "${name}" is ${wanted[declared.kind]}${shown}`, {
    hint: `e.g. --param ${name}=${examples[declared.kind]}`,
  });
}

/** A default is often computed, e.g. from the environment, and no better than what is given: it passes the same check. */
function defaultValue(name: string, declared: ParameterDeclaration<ParameterValue>): ParameterValue {
  if (declared.default === undefined) throw missing(name, declared);
  const value = parsers[declared.kind](declared.default);
  if (value !== undefined) return value;
  // As text: JSON has no NaN.
  const shown = declared.secret ? "" : `, and its default is ${String(declared.default)}`;
  throw new MillraceError("PARAMETER_VALUE", `the parameter "${name}" is ${wanted[declared.kind]}${shown}`, {
    hint: `change the default in the job's module, or give a value: --param ${name}=${examples[declared.kind]}`,
  });
}

const wanted = { string: "a text", number: "a number", boolean: "true or false", duration: "a duration" } as const;
const examples = { string: "text", number: "42", boolean: "true", duration: "30s" } as const;

/** undefined: the value is of another kind. */
const parsers: Readonly<Record<ParameterDeclaration<ParameterValue>["kind"], (given: Json) => ParameterValue | undefined>> = {
  string: (given) => (typeof given === "string" ? given : undefined),
  number: (given) => numberOf(given),
  boolean: (given) => (given === true || given === "true" ? true : given === false || given === "false" ? false : undefined),
  duration: (given) => durationOf(given),
};

function numberOf(given: Json): number | undefined {
  const value = typeof given === "string" && given.trim() !== "" ? Number(given) : given;
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

function durationOf(given: Json): number | undefined {
  if (typeof given === "number") return notNegative(wholeMilliseconds(given, 1));
  const [, count, unit] = typeof given === "string" ? (/^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/.exec(given) ?? []) : [];
  const unitMs = unit === "" ? 1 : unitsMs[unit ?? ""];
  return count === undefined || unitMs === undefined ? undefined : notNegative(wholeMilliseconds(Number(count), unitMs));
}

function notNegative(ms: number | undefined): number | undefined {
  return ms !== undefined && ms >= 0 ? ms : undefined;
}
