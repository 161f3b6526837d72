import { canonicalJson, type Json } from "@millrace/core";
import type { TraceEntry } from "@millrace/testkit";
import { MillraceError, type Sink } from "millrace";

/** What was written between two checkpoints, and how much had been before. */
interface Page {
  readonly from: number;
  readonly entries: readonly TraceEntry[];
}

/** A store outside of all processes: what is published in it stays, in the order of the writing, and each entry once. */
export class Ledger {
  readonly #published = new Map<string, TraceEntry[]>();

  entries(stream: string): readonly TraceEntry[] {
    return this.#published.get(stream) ?? [];
  }

  /** Publishes into `stream`, in two phases. Throws when a page is missing before one that is published, or comes again as another. */
  sink(stream: string): Sink<TraceEntry> {
    return {
      name: "ledger",
      guarantee: "exactly-once",
      description: { stream },
      createWriter() {
        let written = 0;
        let pending: TraceEntry[] = [];
        return {
          async open([state]) {
            written = Number(state ?? 0);
          },
          write(entry) {
            pending.push(entry);
          },
          ready: () => undefined,
          async prepare() {
            const page = { from: written, entries: pending };
            written += pending.length;
            pending = [];
            return { committables: page.entries.length === 0 ? [] : [page as unknown as Json], states: [written] };
          },
          close: async () => undefined,
        };
      },
      createCommitter: () => ({
        commit: async (pages) => this.#publish(stream, pages as unknown as readonly Page[]),
        close: async () => undefined,
      }),
    };
  }

  #publish(stream: string, pages: readonly Page[]): { committed: number; alreadyCommitted: number } {
    const published = this.#published.get(stream) ?? [];
    this.#published.set(stream, published);
    let committed = 0;
    for (const { from, entries } of pages) {
      if (from > published.length) throw ledgerError(`entries ${published.length} to ${from} of ${stream} were never published`);
      const again = published.slice(from, from + entries.length);
      if (again.length > 0 && canonicalJson(again as unknown as Json) !== canonicalJson(entries.slice(0, again.length) as unknown as Json)) {
        throw ledgerError(
          `entries from ${from} on of ${stream} are published again as others: ${JSON.stringify(entries)} for ${JSON.stringify(again)}`,
        );
      }
      if (again.length === entries.length) continue;
      published.push(...entries.slice(again.length));
      committed++;
    }
    return { committed, alreadyCommitted: pages.length - committed };
  }
}

function ledgerError(message: string): MillraceError {
  return new MillraceError("LEDGER", message, { hint: "the engine has lost or changed what it had promised to publish" });
}
