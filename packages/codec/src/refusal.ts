import { MillraceError } from "@millrace/core";

/**
 * A value that a codec cannot write, CODEC_TYPE. The path of the field grows from the inside out: each codec around the
 * place adds its step as the error passes through.
 */
export class Refusal extends MillraceError {
  #path = "";
  readonly #what: string;

  constructor(what: string, hint?: string) {
    super("CODEC_TYPE", what, { hint });
    this.#what = what;
    this.message = `the value: ${what}`;
  }

  /** Puts a step, such as `.name` or `[3]`, before the path. */
  inside(step: string): this {
    this.#path = step + this.#path;
    this.message = `${this.#path.startsWith(".") ? this.#path.slice(1) : this.#path}: ${this.#what}`;
    return this;
  }
}

/** For catch clauses: adds a step to a refusal's path, lets every other error through as it is. Returns what to throw. */
export function inside(error: unknown, step: string): unknown {
  return error instanceof Refusal ? error.inside(step) : error;
}

/** The refusal of a value that is not what the codec is for: "expected a number, got a string". */
export function mismatch(expected: string, value: unknown, hint?: string): Refusal {
  return new Refusal(`expected ${expected}, got ${describe(value)}`, hint);
}

export function fieldStep(name: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

/** The step to the value under a key of a Map. */
export function entryStep(key: unknown): string {
  return `.get(${typeof key === "string" ? JSON.stringify(key) : typeof key === "object" ? describe(key) : String(key)})`;
}

/** A value in a few words: "a string", "an array", "the number NaN", "a Promise". */
export function describe(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "number":
      return Number.isInteger(value) && !Object.is(value, -0) ? "a number" : `the number ${Object.is(value, -0) ? "-0" : value}`;
    case "object":
      return value === null ? "null" : describeObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return "an array";
  const name = classNameOf(value);
  if (name === undefined || name === "Object") return "an object";
  return `${/^[AEIOU](?!int)/.test(name) ? "an" : "a"} ${name}`;
}

/** The name of the class that an object is an instance of, undefined when it has none. */
export function classNameOf(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  const made = prototype === null ? undefined : (prototype as { constructor?: unknown }).constructor;
  return typeof made === "function" && made.name !== "" ? made.name : undefined;
}
