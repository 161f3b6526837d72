import type { Codec } from "@millrace/codec";
import type { Collector, Key, Operator, TimeContext } from "@millrace/contracts";
import { checkReturned, MillraceError } from "@millrace/core";
import { createWindowOperator, type WindowOperatorOptions } from "../../windows/create-window-operator.ts";
import type { Window, WindowSpec } from "../../windows/spec.ts";
import { assignerOfSided, evictorOfSided, type Sided, sidedCodec, triggerOfSided } from "./sided.ts";

/** What a function over the windows of two streams sees beside their records. */
export interface WindowJoinContext<K extends Key> extends TimeContext {
  readonly key: K;
  readonly window: Window;
}

/** Windows that two streams share by key. When one fires, `apply` gets the records of both, each side in the order of arrival. */
export interface WindowJoinSpec extends Pick<WindowSpec, "assigner" | "trigger" | "evictor" | "allowedLatenessMs"> {
  readonly keySelectors: readonly [left: (value: unknown) => Key, right: (value: unknown) => Key];
  readonly codecs: readonly [left: Codec<unknown>, right: Codec<unknown>];
  /** Side outputs for late records of each side. undefined: they are counted. */
  readonly lateOutputs: readonly [left: string | undefined, right: string | undefined];
  /** Contents may stay for ever: without it they must end with their window, by a purging trigger or by an evictor. */
  readonly unbounded: boolean;
  readonly apply: (left: readonly unknown[], right: readonly unknown[], context: WindowJoinContext<Key>, out: Collector<unknown>) => void;
}

/**
 * Windows over two streams (Flink's CoGroupedStreams, and its JoinedStreams, which emits every pair): the records of both
 * go into the windows of one operator, which know triggers, evictors and lateness.
 */
export function createWindowJoinOperator(spec: WindowJoinSpec, options: WindowOperatorOptions = {}): Operator<unknown, unknown, unknown> {
  const windows = createWindowOperator(windowSpecOf(spec), options);
  return {
    open: (context) => windows.open?.(context),
    processElement: (value, timestamp) => windows.processElement({ side: "left", value } satisfies Sided, timestamp),
    processElement2: (value, timestamp) => windows.processElement({ side: "right", value } satisfies Sided, timestamp),
    onWatermark: (watermark) => windows.onWatermark?.(watermark) ?? true,
    onProcessingTime: (now) => windows.onProcessingTime?.(now) ?? true,
  };
}

/** The windows of one stream that do the work. Throws JOIN_UNBOUNDED for windows that keep their contents for ever unasked. */
export function windowSpecOf(spec: WindowJoinSpec): WindowSpec {
  const { assigner, trigger, evictor, allowedLatenessMs, keySelectors, codecs, lateOutputs, apply } = spec;
  if (!spec.unbounded) checkBounded(spec);
  return {
    assigner: assignerOfSided(assigner),
    trigger: trigger === undefined ? undefined : triggerOfSided(trigger),
    evictor: evictor === undefined ? undefined : evictorOfSided(evictor),
    allowedLatenessMs,
    lateOutput: undefined,
    lateRoute: (sided) => ({ output: lateOutputs[sideOf(sided)], value: (sided as Sided).value }),
    keySelector: (sided) => keySelectors[sideOf(sided)]((sided as Sided).value),
    contents: { kind: "elements", codec: sidedCodec(...codecs) as Codec<unknown> },
    process: {
      process(elements, context, out) {
        const sides: readonly [unknown[], unknown[]] = [[], []];
        for (const sided of elements) sides[sideOf(sided)].push((sided as Sided).value);
        checkReturned(apply(...sides, context, out));
      },
    },
  };
}

function sideOf(sided: unknown): 0 | 1 {
  return (sided as Sided).side === "left" ? 0 : 1;
}

function checkBounded({ assigner, trigger = assigner.defaultTrigger, evictor, allowedLatenessMs }: WindowJoinSpec): void {
  if (assigner.time === "event" && allowedLatenessMs === Number.POSITIVE_INFINITY) throw unbounded("lateness is allowed for ever");
  if (assigner.shape.kind !== "global") return;
  const type = typeOf(trigger.description);
  if (type === "purging" || (evictor !== undefined && type !== "never")) return;
  throw unbounded("the global window never ends");
}

function unbounded(because: string): MillraceError {
  return new MillraceError("JOIN_UNBOUNDED", `a join over windows would keep every record of both streams: ${because}`, {
    hint: "use windows that end, a purging trigger or an evictor; or say unbounded() if the input is small",
  });
}

function typeOf(description: unknown): unknown {
  return typeof description === "object" && description !== null && "type" in description ? description.type : undefined;
}
