import { type Codec, t } from "@millrace/codec";
import type { Namespace, NamespaceCodec } from "@millrace/contracts";
import { MillraceError } from "@millrace/core";
import { slideStart } from "../assigners/alignment.ts";
import type { AlignedShape, WindowShape } from "../assigners/assigner.ts";
import type { Window } from "../spec.ts";

/** How windows stand in state: equal windows have equal namespaces, and a namespace gives its window back. */
export interface WindowForm {
  readonly codec: NamespaceCodec<Namespace>;
  /** Throws WINDOW_ASSIGNER for a window that is not of this form. */
  encode(window: Window): Namespace;
  decode(namespace: Namespace): Window;
}

/** Aligned windows are told apart by their start alone; the global window is 0; any other is `start,end`. */
export function windowForm(shape: WindowShape): WindowForm {
  switch (shape.kind) {
    case "aligned": {
      const { sizeMs, slideMs, offsetMs } = shape;
      return {
        codec: numbers,
        encode: (window) => {
          const { start, end } = window;
          if (end - start !== sizeMs || slideStart(start, offsetMs, slideMs) !== start) throw misshapen(window, shape);
          return start;
        },
        decode: (namespace) => ({ start: Number(namespace), end: Number(namespace) + sizeMs }),
      };
    }
    case "global":
      return { codec: numbers, encode: () => 0, decode: () => ({ start: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY }) };
    case "interval":
      return {
        codec: texts,
        encode: (window) => `${window.start},${window.end}`,
        decode: (namespace) => {
          const [start, end] = String(namespace).split(",");
          return { start: Number(start), end: Number(end) };
        },
      };
  }
}

// A service of one form is only ever handed namespaces of that form.
export const numbers: NamespaceCodec<Namespace> = t.number() as Codec<unknown> as NamespaceCodec<Namespace>;
const texts: NamespaceCodec<Namespace> = t.string() as Codec<unknown> as NamespaceCodec<Namespace>;

function misshapen({ start, end }: Window, { sizeMs, slideMs, offsetMs }: AlignedShape): MillraceError {
  return new MillraceError("WINDOW_ASSIGNER", `a window assigner gave the window [${start}, ${end}), and its shape has none such`, {
    hint: `windows of its shape begin at ${offsetMs} and every ${slideMs} ms from there, and are ${sizeMs} ms long; those of the shape { kind: "interval" } begin and end anywhere`,
  });
}
