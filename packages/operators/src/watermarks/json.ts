import type { Json } from "@millrace/core";
import { assert, WATERMARK_MAX, WATERMARK_MIN } from "@millrace/core";

/** JSON has no infinities: the least and the greatest watermark are "min" and "max", as in manifests. */
export function watermarkToJson(watermark: number): Json {
  return watermark === WATERMARK_MIN ? "min" : watermark === WATERMARK_MAX ? "max" : watermark;
}

export function watermarkFromJson(json: Json): number {
  if (json === "min") return WATERMARK_MIN;
  if (json === "max") return WATERMARK_MAX;
  assert(typeof json === "number", "a stored watermark is a number, min or max");
  return json;
}
