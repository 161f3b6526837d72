import type { OutputTag, Source, SourceSplit, WatermarkStrategy } from "@millrace/contracts";
import { checkChoice } from "@millrace/core";
import type { PlanBuilder } from "@millrace/plan";
import { callSite } from "./node/call-site.ts";
import { DataStream } from "./streams/data-stream.ts";
import type { StatefulNodeOptions } from "./streams/options.ts";
import { chainingOf, mainOutput, type Upstream } from "./streams/upstream.ts";

export interface SourceOptions<T> extends StatefulNodeOptions {
  /** How event time is found. Without it there are no watermarks before the input ends. */
  readonly watermarks?: WatermarkStrategy<T> | undefined;
  /** Side outputs that the source writes bad records to; those that it names itself are known already. */
  readonly sideOutputs?: readonly OutputTag<never>[] | undefined;
}

/** Where a job's streams begin (Flink's StreamExecutionEnvironment). The builder function of `defineJob` gets it. */
export interface StreamExecutionEnvironment {
  /** The records of a source. */
  from<T, Split extends SourceSplit>(source: Source<T, Split>, options: SourceOptions<NoInfer<T>>): DataStream<T>;
}

/** The environment that adds to `builder`. */
export function createEnvironment(builder: PlanBuilder): StreamExecutionEnvironment {
  return Object.freeze({
    from<T, Split extends SourceSplit>(source: Source<T, Split>, options: SourceOptions<NoInfer<T>>): DataStream<T> {
      const { uid, uidAliases, name, parallelism, maxParallelism, watermarks, sideOutputs = [] } = options;
      checkChoice("the boundedness of a source", source.boundedness, ["bounded", "unbounded"]);
      const node = builder.add({
        kind: "source",
        uid,
        uidAliases,
        name,
        parallelism,
        maxParallelism,
        chaining: chainingOf(options),
        inputs: [],
        sideOutputs: [...new Set([...ownSideOutputs(source), ...sideOutputs.map((tag) => tag.name)])],
        details: {
          connector: source.name,
          boundedness: source.boundedness,
          replayable: source.replayable,
          options: source.description,
          watermarks: watermarks?.description,
        },
        // The runtime hands a source's records only to its own strategy and to the nodes typed after it.
        body: { kind: "source", source: source as unknown as Source<unknown>, watermarks: watermarks as WatermarkStrategy<unknown> | undefined },
        callSite: callSite(),
      });
      return streamOf(mainOutput({ builder, streamOf }, node));
    },
  });
}

function streamOf<T>(upstream: Upstream): DataStream<T> {
  return new DataStream<T>(upstream);
}

/** A source may say which side outputs its options made it write to. */
function ownSideOutputs(source: object): readonly string[] {
  return "sideOutputs" in source && Array.isArray(source.sideOutputs) ? source.sideOutputs.map(String) : [];
}
