import type { HarmlessLines } from "./harmless-lines.ts";

/** What channels do. */
export const channels: HarmlessLines = {
  "channel.ts": [
    [
      "for (let i = 0; i < this.#size; i++) next[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)];",
      "for (let i = 0; i <= this.#size; i++) next[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)];",
      "one place more is copied",
    ],
    ["return this.#queue.size >= this.#capacity;", "return this.#queue.size > this.#capacity;", "a channel holds one more"],
    [
      "if (element !== undefined && this.#queue.size === this.#capacity - 1) this.#listeners.onWritable();",
      "if (element !== undefined || this.#queue.size === this.#capacity - 1) this.#listeners.onWritable();",
      "a sender is woken in vain",
    ],
  ],
  "edge-writer.ts": [
    ["for (let index = 0; index < this.#count; index++) {", "for (let index = 0; index <= this.#count; index++) {", "one place more is copied"],
    ["this.#makeRoom(Math.max(ROOM_MIN, count));", "this.#makeRoom(Math.min(ROOM_MIN, count));", "room for the next batch, which grows"],
    ["this.#makeRoom(Math.max(ROOM_MIN, count));", ";", "room for the next batch"],
    ["if (count + 1 >= this.#batchRecords) this.flush();", "if (count + 1 > this.#batchRecords) this.flush();", "batches of one record more"],
    ["if (count + 1 >= this.#batchRecords) this.flush();", "if (count >= this.#batchRecords) this.flush();", "batches of one record more"],
    ["if (count < this.#room) {", "if (count <= this.#room) {", "a batch is cut to its length"],
  ],
  "key-router.ts": [
    [
      'if (typeof key !== "number" || (key | 0) !== key) return this.#subtasks[keyGroupOf(checkKey(key), this.#maxParallelism)] as number;',
      'if (typeof key === "number" || (key | 0) !== key) return this.#subtasks[keyGroupOf(checkKey(key), this.#maxParallelism)] as number;',
      "keys go the long way",
    ],
    [
      "for (let group = 0; group < maxParallelism; group++) this.#subtasks[group] = subtaskOf(group, maxParallelism, parallelism);",
      "for (let group = 0; group <= maxParallelism; group++) this.#subtasks[group] = subtaskOf(group, maxParallelism, parallelism);",
      "one entry more, which nobody asks for",
    ],
  ],
  "channels.ts": [
    [
      "if (count >= others) return [Math.floor((own * others) / count)];",
      "if (count > others) return [Math.floor((own * others) / count)];",
      "the same channel either way",
    ],
  ],
};
