/** How a list of operator state is given to the subtasks of another parallelism; Flink's modes. */
export type Redistribution =
  /** Each item goes to one subtask, as evenly as can be. */
  | "split"
  /** Every subtask gets all items of all. */
  | "union"
  /** Every old subtask had the same items; each new one gets the copy of one. */
  | "broadcast";

export interface RedistributedState<T> {
  readonly mode: Redistribution;
  /** By old subtask. */
  readonly items: readonly (readonly T[])[];
}

/**
 * Deals states out to `parallelism` subtasks: for each state, by new subtask, what it gets. At an unchanged parallelism
 * everything but unions stays where it was. Split lists are cut into runs of nearly equal length; where the surplus of one
 * state ends, that of the next begins, so that all subtasks get about as many items in all (Flink's
 * RoundRobinOperatorStateRepartitioner).
 */
export function redistribute<T>(states: readonly RedistributedState<T>[], parallelism: number): readonly (readonly (readonly T[])[])[] {
  let first = 0;
  return states.map(({ mode, items }) => {
    if (mode === "union") return upTo(parallelism, () => items.flat());
    if (items.length === parallelism) return items;
    if (mode === "broadcast") return upTo(parallelism, (subtask) => items[subtask % items.length] ?? []);
    const dealt = split(items.flat(), parallelism, first);
    first = dealt.next;
    return dealt.shares;
  });
}

/** Runs of the list for each subtask, beginning with subtask `first`; `next`: where the surplus ended. */
function split<T>(items: readonly T[], parallelism: number, first: number): { readonly shares: readonly (readonly T[])[]; readonly next: number } {
  const each = Math.floor(items.length / parallelism);
  const surplus = items.length % parallelism;
  const shares: (readonly T[])[] = new Array(parallelism).fill([]);
  let from = 0;
  for (let turn = 0; turn < parallelism; turn++) {
    const to = from + each + (turn < surplus ? 1 : 0);
    shares[(turn + first) % parallelism] = items.slice(from, to);
    from = to;
  }
  return { shares, next: (first + surplus) % parallelism };
}

function upTo<T>(count: number, of: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => of(index));
}
