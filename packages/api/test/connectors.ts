import type { Guarantee, Sink, Source } from "@millrace/contracts";

function notCalled(): never {
  throw new Error("building a job opens nothing");
}

/** A source for jobs that are built and not run. */
export function sourceOf<T>(
  options: { readonly path?: string; readonly sideOutputs?: readonly string[]; readonly replayable?: boolean } = {},
): Source<T> {
  const { path = "in", sideOutputs, replayable = true } = options;
  const source: Source<T> = {
    name: "test",
    boundedness: "bounded",
    replayable,
    description: { path },
    createEnumerator: notCalled,
    createReader: notCalled,
  };
  return sideOutputs === undefined ? source : ({ ...source, sideOutputs } as Source<T>);
}

/** A sink for jobs that are built and not run. */
export function sinkOf<T>(guarantee: Guarantee = "exactly-once"): Sink<T> {
  return { name: "test", guarantee, description: { path: "out" }, createWriter: notCalled };
}
