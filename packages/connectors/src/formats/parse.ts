import { MillraceError, messageOf } from "@millrace/core";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { BadRecord } from "./format.ts";

/** Turns what was read into a record: a function, or any schema of Standard Schema (zod, valibot, arktype, …). What it refuses is a bad record. */
export type Parse<In, Out> = ((value: In) => Out) | StandardSchemaV1<unknown, Out>;

/** Throws BadRecord; of a schema's issues it names the first one's field, and all of them in words. */
export function parser<In, Out>(parse: Parse<In, Out>): (value: In) => Out {
  // A schema may be a function, too (arktype's are).
  if ("~standard" in parse) return (value) => validated(parse["~standard"], value);
  return (value) => refusedAsBad(() => parse(value));
}

function validated<Out>(schema: StandardSchemaV1<unknown, Out>["~standard"], value: unknown): Out {
  const result = refusedAsBad(() => schema.validate(value));
  if (result instanceof Promise) throw asynchronous(schema.vendor);
  if (result.issues === undefined) return result.value;
  const field = pathOf(result.issues[0]);
  const message = result.issues.map(issueText).join("; ");
  throw new BadRecord(message, { ...(field === "" ? {} : { field }) });
}

function refusedAsBad<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof BadRecord ? error : new BadRecord(messageOf(error));
  }
}

function issueText(issue: StandardSchemaV1.Issue): string {
  const path = pathOf(issue);
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}

/** `lines.0.price`; empty for the record as a whole. */
function pathOf(issue: StandardSchemaV1.Issue | undefined): string {
  return (issue?.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");
}

/** No matter of one record: `onError: "skip"` must not leave out all of them. */
function asynchronous(vendor: string): MillraceError {
  return new MillraceError("SOURCE_OPTIONS", `the schema (${vendor}) answers asynchronously; records are parsed synchronously`, {
    hint: "leave asynchronous checks out of the schema, and make them with orderedWait or unorderedWait behind the source",
  });
}
