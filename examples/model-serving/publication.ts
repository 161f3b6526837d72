import type { Model } from "./model.ts";

/** A model as a line of JSON: its version, and its ONNX file in base64. */
export function publicationOf({ version, onnx }: Model): string {
  return `${JSON.stringify({ version, onnx: Buffer.from(onnx).toString("base64") })}\n`;
}

/** Throws for what is no publication; whether the bytes are a model is asked where it is served. */
export function publishedModel(line: unknown): Model {
  const { version, onnx } = (line ?? {}) as { readonly version?: unknown; readonly onnx?: unknown };
  if (!(typeof version === "number" && Number.isSafeInteger(version) && version > 0)) throw new TypeError(`version: ${version} is no number from 1`);
  if (typeof onnx !== "string") throw new TypeError("onnx: the bytes of a model in base64 are missing");
  return { version, onnx: new Uint8Array(Buffer.from(onnx, "base64")) };
}
