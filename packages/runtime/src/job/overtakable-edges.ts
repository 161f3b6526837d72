import type { Exchange, PhysicalEdge, PhysicalPlan } from "@millrace/plan";

/**
 * The edges whose records a barrier may overtake, by id.
 *
 * Records that were overtaken can be dealt out again at another parallelism where it is all the same which subtask gets them, or their keys
 * say it: not those of an edge from subtask to subtask or by a user's choice, nor those that every subtask must have seen
 * before its state is what the others' is.
 *
 * Of the others those are left out on which a checkpoint could wait for itself. A task that has overtaken an edge passes the barrier on
 * before the sender has; a task behind it then reads no further from there, and may have to wait for the barrier of another channel
 * that can't be overtaken. When that one is to come from the sender or from before it, and the sender is held back by what is not read on,
 * nobody moves any more. Such an edge is aligned as the other way is, which has to be waited for anyway.
 */
export function overtakableEdges({ tasks }: PhysicalPlan): ReadonlySet<number> {
  const ways = waysOf(tasks.flatMap(({ inputs }) => inputs));
  const overtakable = new Set(ways.edges.filter(({ exchange }) => isRedistributable(exchange)).map(({ id }) => id));
  for (let edge = waitsForItself(ways, overtakable); edge !== undefined; edge = waitsForItself(ways, overtakable)) overtakable.delete(edge.id);
  return overtakable;
}

function isRedistributable(exchange: Exchange): boolean {
  return exchange === "hash" || exchange === "rebalance" || exchange === "shuffle";
}

/** The first edge whose sender has to send its barrier before those that hold it back read on. */
function waitsForItself(ways: Ways, overtakable: ReadonlySet<number>): PhysicalEdge | undefined {
  return ways.edges.find(
    (edge) => overtakable.has(edge.id) && [...awaitedBehind(edge, ways, overtakable)].some((task) => leadsTo(task, edge.fromTask, ways)),
  );
}

/** The tasks whose barriers must come before those behind the edge, which it may have reached early, read on: of their own, and of others that hold these back. */
function awaitedBehind(edge: PhysicalEdge, ways: Ways, overtakable: ReadonlySet<number>): ReadonlySet<number> {
  const { edges, behind } = ways;
  const awaited = new Set<number>();
  const blocking = new Set<number>();
  const block = (task: number): void => {
    if (blocking.has(task)) return;
    blocking.add(task);
    for (const { id, fromTask, toTask } of edges) if (toTask === task && !overtakable.has(id)) wait(fromTask);
  };
  const wait = (task: number): void => {
    if (awaited.has(task)) return;
    awaited.add(task);
    for (const { id, fromTask, toTask } of edges) {
      if (toTask === task && !overtakable.has(id)) wait(fromTask);
      // What holds it back may be anything behind an edge further down that was overtaken.
      if (overtakable.has(id) && leadsTo(task, fromTask, ways)) behind.get(toTask)?.forEach(block);
    }
  };
  behind.get(edge.toTask)?.forEach(block);
  return awaited;
}

interface Ways {
  readonly edges: readonly PhysicalEdge[];
  /** By task: those further down; absent: none are. */
  readonly behind: ReadonlyMap<number, ReadonlySet<number>>;
}

function waysOf(edges: readonly PhysicalEdge[]): Ways {
  const senders = new Set(edges.map(({ fromTask }) => fromTask));
  return { edges, behind: new Map([...senders].map((task) => [task, behindOf(task, edges)])) };
}

function behindOf(task: number, edges: readonly PhysicalEdge[]): ReadonlySet<number> {
  const found = new Set<number>();
  const add = (from: number): void => {
    for (const { fromTask, toTask } of edges) {
      if (fromTask !== from || found.has(toTask)) continue;
      found.add(toTask);
      add(toTask);
    }
  };
  add(task);
  return found;
}

function leadsTo(task: number, other: number, { behind }: Ways): boolean {
  return task === other || behind.get(task)?.has(other) === true;
}
