import { entryStep, fieldStep, Refusal } from "../refusal.ts";
import { hole } from "../types/collections.ts";
import { DEPTH_MAX, kindOf, refusalOf, tooDeep } from "./kinds.ts";

/**
 * Throws CODEC_TYPE for a value that records and state can't hold (law O6), naming the place below `path`, e.g.
 * "record.readings[3].at: a function can't be part of a record or of state". Instances of registered classes are
 * taken for good: their codec refuses what it must when they are written.
 */
export function checkRecord(value: unknown, path = "record"): void {
  try {
    check(value, 0);
  } catch (error) {
    throw error instanceof Refusal ? error.inside(path) : error;
  }
}

/** Whether `checkRecord` lets a value pass. */
export function isRecordValue(value: unknown): boolean {
  try {
    check(value, 0);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

function check(value: unknown, depth: number): void {
  switch (typeof value) {
    case "function":
    case "symbol":
      throw refusalOf(value);
    case "object":
      if (value !== null) checkObject(value, depth + 1);
      return;
    default:
      return;
  }
}

function checkAt(value: unknown, depth: number, step: () => string): void {
  try {
    check(value, depth);
  } catch (error) {
    throw error instanceof Refusal ? error.inside(step()) : error;
  }
}

function checkObject(value: object, depth: number): void {
  if (depth > DEPTH_MAX) throw tooDeep();
  switch (kindOf(value).kind) {
    case "object":
      refuseSymbolFields(value);
      for (const [name, field] of Object.entries(value)) checkAt(field, depth, () => fieldStep(name));
      return;
    case "array":
      checkArray(value as readonly unknown[], depth);
      return;
    case "map":
      checkMap(value as ReadonlyMap<unknown, unknown>, depth);
      return;
    case "set": {
      let position = 0;
      for (const item of value as ReadonlySet<unknown>) {
        checkAt(item, depth, () => `.values()[${position}]`);
        position++;
      }
      return;
    }
    default:
      return;
  }
}

function checkArray(items: readonly unknown[], depth: number): void {
  for (let index = 0; index < items.length; index++) {
    if (items[index] === undefined && !(index in items)) throw hole().inside(`[${index}]`);
    checkAt(items[index], depth, () => `[${index}]`);
  }
}

function checkMap(map: ReadonlyMap<unknown, unknown>, depth: number): void {
  let position = 0;
  for (const [key, item] of map) {
    checkAt(key, depth, () => `.keys()[${position}]`);
    checkAt(item, depth, () => entryStep(key));
    position++;
  }
}

/** Fields named by symbols would be lost on the way. */
export function refuseSymbolFields(value: object): void {
  const symbols = Object.getOwnPropertySymbols(value);
  if (symbols.length > 0)
    throw new Refusal("fields named by symbols can't be part of a record or of state", "name fields by strings").inside(`[${String(symbols[0])}]`);
}
