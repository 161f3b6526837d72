import type { OperatorContext, OutputTag } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";

export type OutputTags = readonly OutputTag<never>[] | readonly OutputTag<unknown>[];

/** Emits to a side output by its tag. */
export type SideEmitter = (tag: { readonly name: string }, value: unknown, timestamp: number) => void;

/** Refuses tags that the function does not declare with SIDE_OUTPUT_UNDECLARED: the plan would not know of them. */
export function createSideEmitter(declared: OutputTags | undefined, context: OperatorContext<never> | OperatorContext<unknown>): SideEmitter {
  const names = new Set((declared ?? []).map((tag) => tag.name));
  const { output } = context;
  return (tag, value, timestamp) => {
    if (!names.has(tag.name)) throw undeclared(tag.name, names, context.uid);
    output.side(tag.name, value, timestamp);
  };
}

function undeclared(name: string, names: ReadonlySet<string>, uid: string): MillraceError {
  const known = names.size === 0 ? "declares none" : `declares ${[...names].join(", ")}`;
  return new MillraceError("SIDE_OUTPUT_UNDECLARED", `the side output "${name}" is not declared; the function ${known}`, {
    hint: "add its tag to the function's sideOutputs, e.g. sideOutputs: [late]",
    where: { uid },
  });
}
