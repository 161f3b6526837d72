import type { Json } from "@millrace/core";
import type { TypeDescription } from "../contract.ts";
import { fingerprintOf } from "../fingerprint.ts";
import { compareObjects, compareTagged, objectAsRecord } from "./compare-fields.ts";
import { literalsOf, part, parts } from "./described.ts";
import { changeText, listText, placeText, useMigrate, whyNot } from "./words.ts";

/** A place where data can't be read as the new type. */
export interface TypeProblem {
  /** E.g. `readings[].at`, `prices.get()`; "the value" for the whole. */
  readonly path: string;
  readonly reason: string;
  readonly hint: string;
}

/** Makes a value of the new type from one of the old; undefined: it is the same value. */
export type Conversion = ((value: unknown) => unknown) | undefined;

export interface TypeComparison {
  readonly changes: readonly string[];
  readonly problems: readonly TypeProblem[];
  readonly convert: (value: unknown) => unknown;
}

/** Collects what differs between two types. Values are those of codecOf: data, with converted types in their data form. */
export function compareTypes(written: TypeDescription, reader: TypeDescription): TypeComparison {
  const found = new Findings();
  const conversion = found.compare(written, reader, "");
  return { changes: found.changes, problems: found.problems, convert: conversion ?? ((value) => value) };
}

export class Findings {
  readonly changes: string[] = [];
  readonly problems: TypeProblem[] = [];

  /** How values of `written` become values of `reader` at this place. */
  compare(written: TypeDescription, reader: TypeDescription, path: string): Conversion {
    if (fingerprintOf(written) === fingerprintOf(reader)) return undefined;
    if (written.kind === "converted" || reader.kind === "converted") return this.#converted(written, reader, path);
    if (reader.kind === "any") return this.#toAny(written, reader, path);
    if (reader.kind === "nullable" || reader.kind === "undefinable") return this.#toMaybe(written, reader, path);
    const compareKinds = sameKinds[reader.kind];
    if (written.kind === reader.kind && compareKinds !== undefined) return compareKinds(this, written, reader, path);
    if (written.kind === "tuple" && reader.kind === "array") return this.#tupleAsArray(written, reader, path);
    if (written.kind === "object" && reader.kind === "record") return objectAsRecord(this, written, reader, path);
    if (!holdsAllOf(written, reader)) return this.refuse(path, changeText(written, reader), whyNot(written, reader));
    this.change(path, changeText(written, reader));
    return undefined;
  }

  change(path: string, what: string): void {
    this.changes.push(`${placeText(path)}: ${what}`);
  }

  refuse(path: string, reason: string, hint: string): undefined {
    this.problems.push({ path: placeText(path), reason, hint });
  }

  #converted(written: TypeDescription, reader: TypeDescription, path: string): Conversion {
    if (written.kind === reader.kind && written.name === reader.name) return this.compare(part(written, "as"), part(reader, "as"), path);
    // The same data may mean another thing to another conversion.
    return this.refuse(path, changeText(written, reader), useMigrate);
  }

  #toAny(written: TypeDescription, reader: TypeDescription, path: string): Conversion {
    if (holdsConverted(written)) return this.refuse(path, `${changeText(written, reader)}, and only a conversion makes its values`, useMigrate);
    this.change(path, changeText(written, reader));
    return undefined;
  }

  /** `nullable` and `undefinable` take one value more than the type inside. */
  #toMaybe(written: TypeDescription, reader: TypeDescription, path: string): Conversion {
    const nothing = reader.kind === "nullable" ? null : undefined;
    if (written.kind !== reader.kind) {
      this.change(path, `may now be ${String(nothing)}`);
      if (written.kind === String(nothing)) return undefined;
      return this.compare(written, part(reader, "of"), path);
    }
    const inner = this.compare(part(written, "of"), part(reader, "of"), path);
    return inner === undefined ? undefined : (value) => (value === nothing ? nothing : inner(value));
  }

  #tupleAsArray(written: TypeDescription, reader: TypeDescription, path: string): Conversion {
    this.change(path, changeText(written, reader));
    const conversions = parts(written, "elements").map((element, index) => this.compare(element, part(reader, "element"), `${path}[${index}]`));
    return elementwise(conversions);
  }
}

/** Kinds whose parts are compared one by one. */
const sameKinds: Readonly<Record<string, (found: Findings, written: TypeDescription, reader: TypeDescription, path: string) => Conversion>> = {
  object: compareObjects,
  tagged: compareTagged,
  array(found, written, reader, path) {
    const element = found.compare(part(written, "element"), part(reader, "element"), `${path}[]`);
    return element === undefined ? undefined : (value) => (value as unknown[]).map(element);
  },
  set(found, written, reader, path) {
    const element = found.compare(part(written, "element"), part(reader, "element"), `${path}.values()`);
    return element === undefined ? undefined : (value) => new Set([...(value as Set<unknown>)].map(element));
  },
  record(found, written, reader, path) {
    const element = found.compare(part(written, "element"), part(reader, "element"), `${path}.*`);
    if (element === undefined) return undefined;
    return (value) => Object.fromEntries(Object.entries(value as object).map(([name, held]) => [name, element(held)]));
  },
  map(found, written, reader, path) {
    const key = found.compare(part(written, "key"), part(reader, "key"), `${path}.keys()`) ?? same;
    const value = found.compare(part(written, "value"), part(reader, "value"), `${path}.get()`) ?? same;
    if (key === same && value === same) return undefined;
    return (map) => new Map([...(map as Map<unknown, unknown>)].map(([entryKey, held]) => [key(entryKey), value(held)]));
  },
  tuple(found, written, reader, path) {
    const [before, now] = [parts(written, "elements"), parts(reader, "elements")];
    if (before.length !== now.length) return found.refuse(path, changeText(written, reader), useMigrate);
    return elementwise(before.map((element, index) => found.compare(element, now[index] as TypeDescription, `${path}[${index}]`)));
  },
  literal(found, written, reader, path) {
    const gone = literalsOf(written).filter((value) => !literalsOf(reader).includes(value));
    if (gone.length > 0) return found.refuse(path, `${listText(gone)} is no value of it any more`, "keep the value, or declare migrate(from, value)");
    found.change(path, changeText(written, reader));
    return undefined;
  },
};

const same = (value: unknown): unknown => value;

function elementwise(conversions: readonly Conversion[]): Conversion {
  if (conversions.every((conversion) => conversion === undefined)) return undefined;
  return (value) => (value as unknown[]).map((held, index) => (conversions[index] ?? same)(held));
}

/** Whether every value of one kind is a value of the other as it stands. */
function holdsAllOf(written: TypeDescription, reader: TypeDescription): boolean {
  switch (reader.kind) {
    case "number":
      return written.kind === "integer" || literalsAre(written, (value) => typeof value === "number");
    case "integer":
      return literalsAre(written, (value) => Number.isSafeInteger(value));
    case "string":
    case "boolean":
      return literalsAre(written, (value) => typeof value === reader.kind);
    case "null":
      return literalsAre(written, (value) => value === null);
    case "literal":
      if (written.kind === "boolean") return [true, false].every((value) => literalsOf(reader).includes(value));
      return written.kind === "null" && literalsOf(reader).includes(null);
    case "bytes":
      return written.kind === "typedArray" && written.of === "Uint8Array";
    case "typedArray":
      return written.kind === "bytes" && reader.of === "Uint8Array";
    default:
      return false;
  }
}

function literalsAre(type: TypeDescription, test: (value: Json) => boolean): boolean {
  return type.kind === "literal" && literalsOf(type).every(test);
}

function holdsConverted(type: Json): boolean {
  if (type === null || typeof type !== "object") return false;
  return ("kind" in type && type.kind === "converted") || Object.values(type).some((held) => holdsConverted(held as Json));
}
