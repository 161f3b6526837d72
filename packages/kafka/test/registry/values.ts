import type { ValueFormat } from "../../src/index.ts";
import { settled } from "../settled.ts";

const prefix = `r${process.pid}-${Date.now() % 1_000_000}`;
let topics = 0;
/** A name that no other test has; there is no such topic. */
export const newTopic = () => `${prefix}-${topics++}`;

/** The bytes of a value, once the registry has answered. */
export async function written<T>(format: ValueFormat<T>, value: T, topic = newTopic()): Promise<Buffer> {
  return (await settled(() => format.serialize(value, topic))) as Buffer;
}

/** The value of such bytes. */
export const read = <T>(format: ValueFormat<T>, bytes: Buffer) => settled(() => format.read(bytes));
