import { kindTraits } from "../kinds.ts";
import type { PlanNode } from "../logical.ts";
import { compareNodes, type KeyGroupCounts } from "./compare-nodes.ts";
import { heldPartsOf, partsOf } from "./parts.ts";
import type {
  HeldParts,
  JobFacts,
  OperatorRestore,
  PartRestore,
  RestoreOptions,
  RestoreOutcome,
  RestorePlan,
  RestoreProblem,
  SnapshotFacts,
} from "./restore-plan.ts";

/** A part with what to do about it when it is refused. */
export type Compared = PartRestore & { readonly hint?: string };

/**
 * What becomes of every piece of state in a snapshot when it is restored into a job (law P3). State is found by uid and
 * name, or by an alias of these. What has no place is refused, unless dropping it is allowed for its uid; every problem
 * is listed. Pure: `diff` prints the result, and a restore carries out the same.
 */
export function compareState(snapshot: SnapshotFacts, job: JobFacts, options: RestoreOptions = {}): RestorePlan {
  const allowed = new Set(options.allowDrop ?? []);
  const problems: RestoreProblem[] = [];
  if (snapshot.maxParallelism !== job.maxParallelism) {
    problems.push({
      reason: `max parallelism was ${snapshot.maxParallelism} and is ${job.maxParallelism}`,
      hint: "it decides on the key group of every key: keep it, or rewrite a savepoint with the state library",
    });
  }
  const claimed = new Set<string>();
  const operators: OperatorRestore[] = [];
  for (const now of job.plan.nodes.filter(isStateful)) {
    const old = findNode(snapshot, now, claimed);
    if (old === undefined) {
      operators.push({ uid: now.uid, kind: now.kind, outcome: "new", parts: partsOf(now).map(asNew) });
      continue;
    }
    claimed.add(old.uid);
    const parts = permitted(
      compareNodes(old, now, heldOf(snapshot, old), keyGroupCounts(snapshot, old, job, now)),
      allowed.has(now.uid) || allowed.has(old.uid),
    );
    problems.push(...problemsOf(now.uid, parts));
    const renamed = old.uid === now.uid ? {} : { reason: `was ${old.uid}` };
    operators.push({
      uid: now.uid,
      from: old.uid,
      kind: now.kind,
      outcome: overall(parts, old.uid !== now.uid),
      ...renamed,
      parts: parts.map(withoutHint),
    });
  }
  for (const old of snapshot.plan.nodes) {
    const stays = !isStateful(old) && job.plan.nodes.some(({ uid }) => uid === old.uid);
    if (claimed.has(old.uid) || stays) continue;
    const gone = goneNode(old, heldOf(snapshot, old), allowed.has(old.uid), job);
    if (gone === undefined) continue;
    operators.push(gone.operator);
    problems.push(...gone.problems);
  }
  return { operators, problems };
}

/** Of nodes that say nothing themselves, a difference is a problem of the job as a whole. */
function keyGroupCounts(snapshot: SnapshotFacts, old: PlanNode, job: JobFacts, now: PlanNode): KeyGroupCounts {
  if (old.maxParallelism === undefined && now.maxParallelism === undefined) return [job.maxParallelism, job.maxParallelism];
  return [old.maxParallelism ?? snapshot.maxParallelism, now.maxParallelism ?? job.maxParallelism];
}

function isStateful(node: PlanNode): boolean {
  return kindTraits[node.kind].stateful;
}

/** By uid, else by an alias that no node of the job has as its own. */
function findNode(snapshot: SnapshotFacts, now: PlanNode, claimed: ReadonlySet<string>): PlanNode | undefined {
  const byUid = (uid: string): PlanNode | undefined => snapshot.plan.nodes.find((node) => node.uid === uid && !claimed.has(uid));
  return [now.uid, ...(now.uidAliases ?? [])].map(byUid).find((node) => node !== undefined);
}

const nothing: HeldParts = { keyed: false, positions: false, output: false, operatorState: false, inFlight: false };

function heldOf(snapshot: SnapshotFacts, node: PlanNode): HeldParts {
  return snapshot.held.get(node.uid) ?? nothing;
}

function asNew(part: PartRestore): PartRestore {
  return { ...part, outcome: "new" };
}

/** What may be dropped is dropped instead of refused. */
function permitted(parts: readonly Compared[], allowed: boolean): readonly Compared[] {
  return parts.map((part) => (part.outcome === "refused" && allowed ? { ...part, outcome: "dropped" } : part));
}

function withoutHint({ hint: _hint, ...part }: Compared): PartRestore {
  return part;
}

function problemsOf(uid: string, parts: readonly Compared[]): readonly RestoreProblem[] {
  return parts
    .filter(({ outcome }) => outcome === "refused")
    .map(({ part, name, reason = "", hint = "" }) => ({ uid, ...(isState(part) ? { state: name } : {}), reason, hint }));
}

function isState(part: PartRestore["part"]): boolean {
  return part === "state" || part === "broadcastState";
}

function overall(parts: readonly PartRestore[], renamed: boolean): RestoreOutcome {
  const outcomes = new Set(parts.map(({ outcome }) => outcome));
  if (outcomes.has("refused")) return "refused";
  if (renamed || outcomes.has("migrated") || outcomes.has("dropped")) return "migrated";
  return "matched";
}

/** A node that the job does not have any more; undefined when it never had state. */
function goneNode(
  old: PlanNode,
  held: HeldParts,
  allowed: boolean,
  job: JobFacts,
): { readonly operator: OperatorRestore; readonly problems: readonly RestoreProblem[] } | undefined {
  const parts = heldPartsOf(old, held);
  if (!isStateful(old) && parts.length === 0) return undefined;
  const free = parts.length === 0;
  const outcome: RestoreOutcome = free || allowed ? "dropped" : "refused";
  const reason = free ? "it is not in the job any more, and held nothing" : "it is not in the job any more";
  const operator: OperatorRestore = {
    uid: old.uid,
    from: old.uid,
    kind: old.kind,
    outcome,
    reason,
    parts: parts.map((part) => ({ ...part, outcome })),
  };
  if (outcome === "dropped") return { operator, problems: [] };
  const renamed = job.plan.nodes.some((node) => node.kind === old.kind) ? ", name it in uidAliases of the node that took its place," : "";
  const hint = `bring it back${renamed} or drop its state with --allow-drop ${old.uid}`;
  return {
    operator,
    problems: [
      {
        uid: old.uid,
        reason: `${old.kind} with ${parts.map(({ part, name }) => (isState(part) ? `the state "${name}"` : name)).join(", ")}: ${reason}`,
        hint,
      },
    ],
  };
}
