import type { Source, SourceSplit } from "@millrace/contracts";
import { WATERMARK_MIN } from "@millrace/core";
import { WatermarkStrategies } from "@millrace/operators";
import { SourceAlignment } from "../task/source-alignment.ts";
import { SourceInput } from "../task/source-input.ts";
import { restoredOf, type TaskOrder, type TaskWiring } from "./task-order.ts";

/** The input of a task that begins with a source; undefined: it gets its records from other tasks. */
export function sourceInputOf(order: TaskOrder, { code, flow, control, active, wake, greet }: TaskWiring): SourceInput | undefined {
  const { settings, physical, subtask } = order;
  const body = settings.graph.bodies[physical.head];
  if (body?.kind !== "source") return undefined;
  const source = body.source as Source<unknown, SourceSplit>;
  const reader = source.createReader({ ports: settings.ports, subtask, requestSplit: order.requestSplit, available: wake });
  const strategy = body.watermarks ?? WatermarkStrategies.noWatermarks();
  const { alignment } = strategy;
  const { scheduler } = settings.ports;
  return new SourceInput({
    alignment: alignment && new SourceAlignment({ alignment, scheduler, report: order.sourceWatermark }),
    active,
    node: physical.head,
    reader,
    strategy,
    reached: restoredOf(order, physical.head)?.watermark ?? WATERMARK_MIN,
    live: source.boundedness === "unbounded",
    ports: settings.ports,
    wake,
    greet,
    code,
    flow,
    control,
    batchRecords: settings.batchRecords,
    sideOutput: (name) => code.side(physical.head, name),
  });
}
