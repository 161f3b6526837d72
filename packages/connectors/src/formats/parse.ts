import { messageOf } from "@millrace/core";
import { BadRecord } from "./format.ts";

/**
 * The part of Standard Schema (version 1) that parsing needs: zod, valibot, arktype and others have it. It must answer
 * synchronously.
 */
export interface SchemaLike<Out> {
  readonly "~standard": {
    readonly validate: (value: unknown) => SchemaResult<Out> | Promise<SchemaResult<Out>>;
  };
}
type SchemaResult<Out> = { readonly value: Out; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };
interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Turns what was read into a record: a function, or a schema. What it throws makes the record a bad one. */
export type Parse<In, Out> = ((value: In) => Out) | SchemaLike<Out>;

export function parser<In, Out>(parse: Parse<In, Out>): (value: In) => Out {
  // A schema may be a function, too (arktype's are).
  if ("~standard" in parse) return (value) => validated(parse, value);
  return (value) => {
    try {
      return parse(value);
    } catch (error) {
      throw error instanceof BadRecord ? error : new BadRecord(messageOf(error));
    }
  };
}

function validated<Out>(schema: SchemaLike<Out>, value: unknown): Out {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise) throw new BadRecord("the schema answers asynchronously; records are parsed synchronously");
  if (result.issues === undefined) return result.value;
  throw new BadRecord(result.issues.map(issueText).join("; "));
}

function issueText(issue: SchemaIssue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}
