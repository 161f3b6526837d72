import { fieldStep } from "../../src/refusal.ts";
import type { Draw } from "./draw.ts";
import { own, randomSchema, randomValue, type Schema, type SchemaField, TAG } from "./schemas.ts";

/** A type after a change, what becomes of its values, and where the change can't be read. */
export interface Evolved {
  readonly schema: Schema;
  readonly model: (value: unknown) => unknown;
  readonly refusedAt: readonly string[];
}

export interface Chances {
  /** Whether changes that no reader can follow are made, too. */
  readonly breaking: boolean;
}

type Fields = Record<string, unknown>;

/** Changes a type at random, with a model of what that does to values. The model knows nothing of how codecs are compared. */
export function evolve(draw: Draw, schema: Schema, chances: Chances, path = ""): Evolved {
  const step = draw.below(20);
  if (step === 0) return broken(draw, schema, chances, path) ?? grown(draw, schema, chances, path);
  if (step === 1 && schema.kind !== "nullable") return wrapped("nullable", evolve(draw, schema, chances, path));
  if (step === 2 && schema.kind !== "undefinable") return wrapped("undefinable", evolve(draw, schema, chances, path));
  if (step === 3) return { schema: { kind: "any" }, model: same, refusedAt: [] };
  return grown(draw, schema, chances, path);
}

const same = (value: unknown): unknown => value;
const unchanged = (schema: Schema): Evolved => ({ schema, model: same, refusedAt: [] });

function wrapped(kind: "nullable" | "undefinable", { schema, model, refusedAt }: Evolved): Evolved {
  return schema.kind === kind ? { schema, model, refusedAt } : { schema: { kind, of: schema }, model, refusedAt };
}

function grown(draw: Draw, schema: Schema, chances: Chances, path: string): Evolved {
  switch (schema.kind) {
    case "integer":
      return unchanged({ kind: draw.of(["integer", "number"]) });
    case "literal": {
      if (schema.values.every((value) => typeof value === "string") && draw.boolean()) return unchanged({ kind: "string" });
      return unchanged({
        kind: "literal",
        values: draw
          .some<string | number>(["p", ...schema.values, 9])
          .concat(schema.values)
          .filter(first),
      });
    }
    case "nullable":
      return inside(schema, draw, chances, path, (of) => (value) => (value === null ? null : of(value)));
    case "undefinable":
      return inside(schema, draw, chances, path, (of) => (value) => (value === undefined ? undefined : of(value)));
    case "array":
      return inside(schema, draw, chances, `${path}[]`, (of) => (value) => (value as unknown[]).map(of));
    case "set":
      return inside(schema, draw, chances, `${path}.values()`, (of) => (value) => new Set([...(value as Set<unknown>)].map(of)));
    case "map":
      return inside(
        schema,
        draw,
        chances,
        `${path}.get()`,
        (of) => (value) => new Map([...(value as Map<unknown, unknown>)].map(([key, held]) => [key, of(held)])),
      );
    case "record":
      return inside(
        schema,
        draw,
        chances,
        `${path}.*`,
        (of) => (value) => own(Object.entries(value as Fields).map(([name, held]) => [name, of(held)])),
      );
    case "tuple": {
      const parts = schema.parts.map((part, index) => evolve(draw, part, chances, `${path}[${index}]`));
      return {
        schema: { kind: "tuple", parts: parts.map((part) => part.schema) },
        model: (value) => (value as unknown[]).map((held, index) => parts[index]?.model(held)),
        refusedAt: parts.flatMap((part) => part.refusedAt),
      };
    }
    case "object": {
      const { fields, model, refusedAt } = evolveFields(draw, schema.fields, chances, path);
      return { schema: { kind: "object", fields }, model: (value) => model(value as Fields), refusedAt };
    }
    case "tagged":
      return evolveTagged(draw, schema, chances, path);
    default:
      return unchanged(schema);
  }
}

/** A name that no earlier evolution has given. */
function fresh(draw: Draw, name: string): string {
  return `${name} ${draw.below(2 ** 31)}`;
}

function first<T>(value: T, index: number, all: readonly T[]): boolean {
  return all.indexOf(value) === index;
}

type Container = Extract<Schema, { readonly of: Schema }>;

function inside(schema: Container, draw: Draw, chances: Chances, path: string, lift: (of: Evolved["model"]) => Evolved["model"]): Evolved {
  const of = evolve(draw, schema.of, chances, path);
  // A modifier twice says nothing more than once.
  if (schema.kind === of.schema.kind && (schema.kind === "nullable" || schema.kind === "undefinable")) {
    return { schema, model: same, refusedAt: [] };
  }
  return { schema: { kind: schema.kind, of: of.schema }, model: lift(of.model), refusedAt: of.refusedAt };
}

interface EvolvedFields {
  readonly fields: readonly SchemaField[];
  readonly model: (value: Fields) => Fields;
  readonly refusedAt: readonly string[];
}

function evolveFields(draw: Draw, before: readonly SchemaField[], chances: Chances, path: string): EvolvedFields {
  const fields: SchemaField[] = [];
  const models: ((from: Fields, to: [string, unknown][]) => void)[] = [];
  const refusedAt: string[] = [];
  for (const field of before) {
    const what = draw.of(["keep", "keep", "keep", "remove", "rename", "optional", "required"]);
    if (what === "remove") continue;
    const name = what === "rename" ? fresh(draw, field.name) : field.name;
    const of = evolve(draw, field.of, chances, path + fieldStep(name));
    refusedAt.push(...of.refusedAt);
    const required = what === "required" && field.optional && of.refusedAt.length === 0;
    const fallback = required ? { value: randomValue(draw, of.schema) } : undefined;
    fields.push({
      name,
      of: of.schema,
      optional: what === "optional" || (field.optional && !required),
      ...(fallback === undefined ? {} : { default: fallback }),
      ...(name === field.name ? {} : { alias: field.name }),
    });
    models.push((from, to) => {
      if (Object.hasOwn(from, field.name)) to.push([name, of.model(from[field.name])]);
      else if (fallback !== undefined) to.push([name, fallback.value]);
    });
  }
  if (draw.boolean()) fields.push({ name: fresh(draw, "new optional"), of: randomSchema(draw, 1), optional: true });
  if (draw.boolean()) {
    const of = randomSchema(draw, 1);
    const value = randomValue(draw, of);
    const name = fresh(draw, "new");
    fields.push({ name, of, optional: false, default: { value } });
    models.push((_from, to) => to.push([name, value]));
  }
  if (chances.breaking && draw.below(10) === 0) {
    fields.push({ name: "sudden", of: randomSchema(draw, 0), optional: false });
    refusedAt.push(`${path}.sudden`);
  }
  const model = (from: Fields): Fields => {
    const to: [string, unknown][] = [];
    for (const each of models) each(from, to);
    return own(to);
  };
  return { fields: draw.some(fields, fields.length), model, refusedAt };
}

function evolveTagged(draw: Draw, schema: Extract<Schema, { kind: "tagged" }>, chances: Chances, path: string): Evolved {
  const refusedAt: string[] = [];
  const models = new Map<string, (value: Fields) => Fields>();
  const variants = schema.variants.map(({ tag, fields: before }) => {
    const renamed = draw.below(5) === 0 ? fresh(draw, tag) : tag;
    const { fields, model, refusedAt: places } = evolveFields(draw, before, chances, `${path}<${tag}>`);
    refusedAt.push(...places);
    models.set(tag, ({ [TAG]: _tag, ...value }) => own([...Object.entries(model(value)), [TAG, renamed]]));
    return { tag: renamed, fields, ...(renamed === tag ? {} : { alias: tag }) };
  });
  const added = draw.boolean() ? [{ tag: fresh(draw, "four"), fields: [] }] : [];
  const all = [...added, ...variants];
  return {
    schema: { kind: "tagged", variants: draw.some(all, all.length) },
    model: (value) => models.get((value as Fields)[TAG] as string)?.(value as Fields),
    refusedAt,
  };
}

/** Whether every value is one of a type, however often it is said that it may be missing. */
function takesAnything(schema: Schema): boolean {
  return schema.kind === "any" || ((schema.kind === "nullable" || schema.kind === "undefinable") && takesAnything(schema.of));
}

/** A change that no reader can follow, where there is one for the kind. */
function broken(draw: Draw, schema: Schema, { breaking }: Chances, path: string): Evolved | undefined {
  if (!breaking) return undefined;
  const refused = (made: Schema, at = path): Evolved => ({ schema: made, model: same, refusedAt: [at] });
  switch (schema.kind) {
    case "number":
      return refused({ kind: "integer" });
    case "nullable":
    case "undefinable":
      return takesAnything(schema.of) ? undefined : refused(schema.of);
    case "literal":
      return schema.values.length < 2 ? undefined : refused({ kind: "literal", values: schema.values.slice(1) });
    case "tagged": {
      const [gone, ...rest] = schema.variants;
      return gone === undefined || rest.length === 0 ? undefined : refused({ kind: "tagged", variants: rest }, `${path}<${gone.tag}>`);
    }
    case "tuple":
      return refused({ kind: "tuple", parts: [...schema.parts, { kind: "string" }] });
    case "date":
      return refused({ kind: "integer" });
    case "any":
      return refused(draw.of([{ kind: "string" }, { kind: "object", fields: [] }]));
    case "string":
      return refused(draw.of([{ kind: "bytes" }, { kind: "literal", values: ["x"] }]));
    case "array":
      return refused({ kind: "set", of: schema.of });
    default:
      return undefined;
  }
}
