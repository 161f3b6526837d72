import { type Json, watermarkFromJson, watermarkToJson } from "@millrace/core";
import type { JobStatus, OperatorStatus } from "../job-handle.ts";

/** JSON knows no infinities: a watermark before the first record is "min", after the last "max", none at all is null. */
export function statusToJson(status: JobStatus): Json {
  const operators = status.operators.map(({ bySubtask, ...operator }) => ({
    ...operator,
    ...(bySubtask !== undefined && { bySubtask: bySubtask.map((subtask) => ({ ...subtask })) }),
    watermark: knownToJson(operator.watermark),
  }));
  return { ...status, operators, checkpoint: { ...status.checkpoint } };
}

/** What `statusToJson` made; the answer of a control server of the same version. */
export function statusFromJson(json: unknown): JobStatus {
  const status = json as Omit<JobStatus, "operators"> & {
    readonly operators: readonly (Omit<OperatorStatus, "watermark"> & { readonly watermark: Json })[];
  };
  return { ...status, operators: status.operators.map((operator) => ({ ...operator, watermark: knownFromJson(operator.watermark) })) };
}

function knownToJson(watermark: number | undefined): Json {
  return watermark === undefined ? null : watermarkToJson(watermark);
}

function knownFromJson(json: Json): number | undefined {
  return json === null ? undefined : watermarkFromJson(json);
}
