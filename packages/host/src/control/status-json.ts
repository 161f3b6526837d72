import type { Json } from "@millrace/core";
import type { JobStatus, OperatorStatus } from "../job-handle.ts";

/** JSON knows no infinities: a watermark before the first record is "min", after the last "max", none at all is null. */
export function statusToJson(status: JobStatus): Json {
  const operators = status.operators.map((operator) => ({ ...operator, watermark: watermarkToJson(operator.watermark) }));
  return { ...status, operators, checkpoint: { ...status.checkpoint } };
}

/** What `statusToJson` made; the answer of a control server of the same version. */
export function statusFromJson(json: unknown): JobStatus {
  const status = json as Omit<JobStatus, "operators"> & {
    readonly operators: readonly (Omit<OperatorStatus, "watermark"> & { readonly watermark: Json })[];
  };
  return { ...status, operators: status.operators.map((operator) => ({ ...operator, watermark: watermarkFromJson(operator.watermark) })) };
}

function watermarkToJson(watermark: number | undefined): Json {
  if (watermark === Number.NEGATIVE_INFINITY) return "min";
  if (watermark === Number.POSITIVE_INFINITY) return "max";
  return watermark ?? null;
}

function watermarkFromJson(json: Json): number | undefined {
  if (json === "min") return Number.NEGATIVE_INFINITY;
  if (json === "max") return Number.POSITIVE_INFINITY;
  return typeof json === "number" ? json : undefined;
}
