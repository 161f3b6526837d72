import type { FetchPartition, FetchRequest, TopicIdPartition } from "../protocol/record-apis.ts";

type SessionPart = Pick<FetchRequest, "sessionId" | "sessionEpoch" | "partitions" | "forgotten">;

const epochMax = 0x7fff_ffff;

/**
 * A fetch session with one broker (KIP-227): the broker remembers the partitions, so that a request names only those whose
 * offset or leader epoch has changed, and those that are to be left out for now.
 */
export class FetchSession {
  #sessionId = 0;
  #epoch = 0;
  /** What the broker knows, by key. */
  #sent = new Map<string, FetchPartition>();
  #asked: Map<string, FetchPartition> = new Map();

  next(wanted: readonly FetchPartition[]): SessionPart {
    const asked = new Map(wanted.map((partition) => [keyOf(partition), partition]));
    this.#asked = asked;
    if (this.#epoch === 0) return { sessionId: this.#sessionId, sessionEpoch: 0, partitions: wanted, forgotten: [] };
    const partitions = wanted.filter((partition) => !same(this.#sent.get(keyOf(partition)), partition));
    const forgotten = [...this.#sent].filter(([key]) => !asked.has(key)).map(([, { topicId, partition }]) => ({ topicId, partition }));
    return { sessionId: this.#sessionId, sessionEpoch: this.#epoch, partitions, forgotten };
  }

  /** The broker answered without an error of the session. An id of 0: it keeps no session, so the next request is whole again. */
  answered(sessionId: number): void {
    if (sessionId === 0) {
      this.reset();
      return;
    }
    this.#sessionId = sessionId;
    this.#sent = this.#asked;
    this.#epoch = this.#epoch === epochMax ? 1 : this.#epoch + 1;
  }

  /** Begins anew; the old session ends by itself. */
  reset(): void {
    this.#sessionId = 0;
    this.#epoch = 0;
    this.#sent = new Map();
  }
}

export function keyOf({ topicId, partition }: TopicIdPartition): string {
  return `${topicId}-${partition}`;
}

function same(a: FetchPartition | undefined, b: FetchPartition): boolean {
  return a !== undefined && a.offset === b.offset && a.leaderEpoch === b.leaderEpoch && a.maxBytes === b.maxBytes;
}
