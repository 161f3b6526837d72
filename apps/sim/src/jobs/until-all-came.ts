import type { Cancel } from "@millrace/core";
import type { Source, SourceSplit } from "millrace";

/** What an enumerator of files that come says of itself. */
interface Seen {
  readonly pending: readonly unknown[];
  readonly seen: readonly string[];
}

/** A source that looks for files without end, which ends when it has dealt out so many of them. It looks as often. */
export function untilAllCame<T, S extends SourceSplit>(source: Source<T, S>, files: number, everyMs: number): Source<T, S> {
  return {
    ...source,
    createEnumerator: (context, restored) => {
      const waiting = new Set<number>();
      let cancel: Cancel | undefined;
      const enumerator = source.createEnumerator(
        {
          ...context,
          assign: (subtask, splits) => {
            waiting.delete(subtask);
            context.assign(subtask, splits);
          },
        },
        restored,
      );
      const look = (): void => {
        const { pending, seen } = enumerator.snapshot() as unknown as Seen;
        if (seen.length === files && pending.length === 0) {
          for (const subtask of waiting) context.noMoreSplits(subtask);
          waiting.clear();
        }
        cancel = context.ports.scheduler.after(everyMs, look);
      };
      return {
        start: async () => {
          look();
          await enumerator.start();
        },
        requestSplit: (subtask) => {
          waiting.add(subtask);
          enumerator.requestSplit(subtask);
        },
        snapshot: () => enumerator.snapshot(),
        close: () => {
          cancel?.();
          return enumerator.close();
        },
      };
    },
  };
}
