import type { ByteReader } from "../bytes.ts";
import type { TypeDescription } from "../contract.ts";
import { fingerprintOf } from "../fingerprint.ts";
import { canGenerateCode } from "../generate.ts";
import { corrupt } from "../reader.ts";
import { createWriter } from "../writer.ts";
import { generatedMover } from "./generated.ts";
import { interpretedMover, type RecordMover } from "./interpreted.ts";
import { type Layout, layoutOf } from "./layout.ts";
import type { Schema } from "./schema.ts";

/** Code is generated for a schema that has carried so many batches; making it costs as much as some of them. */
const GENERATE_AFTER_BATCHES = 4;
const PLANS_MAX = 256;

/** A schema made ready. Shared by all codecs of a thread; tables are each codec's own. */
export interface Plan {
  /** The schema as it travels: its fingerprint in two u32, then its JSON as a string. */
  readonly head: Uint8Array;
  /** The two halves of the fingerprint. */
  readonly hash: readonly [number, number];
  readonly schema: Schema;
  readonly layout: Layout;
  /** The mover to use for the next batch. */
  mover(): RecordMover;
}

const plans = new Map<string, Plan>();

export function planOf(schema: Schema): Plan {
  return planOfText(JSON.stringify(schema));
}

/** Reads the head of a batch; `last` is most often its plan. Throws CODEC_CORRUPT for what is no schema. */
export function readPlan(reader: ByteReader, last: Plan | undefined): Plan {
  const high = reader.u32();
  const low = reader.u32();
  if (last === undefined || last.hash[0] !== high || last.hash[1] !== low) return planOfText(reader.string());
  reader.skip(reader.varint());
  return last;
}

function planOfText(text: string): Plan {
  const known = plans.get(text);
  if (known !== undefined) return known;
  if (plans.size >= PLANS_MAX) plans.clear();
  const plan = makePlan(text);
  plans.set(text, plan);
  return plan;
}

function makePlan(text: string): Plan {
  const schema = parseSchema(text);
  const layout = layoutOf(schema);
  let mover = interpretedMover(layout);
  let batches = 0;
  const fingerprint = fingerprintOf(schema as TypeDescription);
  const hash = [Number.parseInt(fingerprint.slice(0, 8), 16), Number.parseInt(fingerprint.slice(8), 16)] as const;
  const head = createWriter();
  for (const half of hash) head.u32(half);
  head.string(text);
  return {
    head: head.slice(),
    hash,
    schema,
    layout,
    mover() {
      if (++batches === GENERATE_AFTER_BATCHES && canGenerateCode()) mover = generatedMover(layout);
      return mover;
    },
  };
}

function parseSchema(text: string): Schema {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw corrupt("a batch whose schema is no JSON");
  }
  if (!isSchema(parsed)) throw corrupt("a batch whose schema is unknown");
  return parsed;
}

const leaves = new Set<unknown>(["word", "integer", "number", "string", "boolean", "date", "null", "undefined", "any"]);

function isSchema(value: unknown): value is Schema {
  if (typeof value !== "object" || value === null) return false;
  const { kind, of, shapes } = value as { kind?: unknown; of?: unknown; shapes?: unknown };
  if (kind === "nullish") return isSchema(of);
  if (kind !== "object") return leaves.has(kind);
  return Array.isArray(shapes) && shapes.length > 0 && shapes.every(isShape);
}

function isShape(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { names, fields } = value as { names?: unknown; fields?: unknown };
  return Array.isArray(names) && Array.isArray(fields) && names.length === fields.length && names.every(isText) && fields.every(isSchema);
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}
