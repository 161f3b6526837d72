import type { NodeKind, PlanEdge, PlanNode } from "./logical.ts";

const givenUid = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** What a uid of the user's looks like: it becomes part of file names, metrics and transactional ids. */
export const uidRule = "letters, digits, dots, dashes and underscores, at most 100, a letter or digit first";

export function isGivenUid(uid: string): boolean {
  return givenUid.test(uid);
}

/**
 * The uid of a stateless node: where its records come from, its kind, and which of several such nodes it is, e.g.
 * `flights/map`, `flights/map-2`, `flights+weather/filter`, `join:late/map`. It stays the same when nodes elsewhere come
 * and go. The slash keeps it apart from every uid that a user may give.
 */
export function deriveUid(kind: NodeKind, inputs: readonly PlanEdge[], nodes: readonly PlanNode[]): string {
  const upstream = inputs.map(({ from, output }) => (output === "" ? nodes[from]?.uid : `${nodes[from]?.uid}:${output}`)).join("+");
  const base = `${upstream}/${kind}`;
  const taken = new Set(nodes.map((node) => node.uid));
  let uid = base;
  for (let ordinal = 2; taken.has(uid); ordinal++) uid = `${base}-${ordinal}`;
  return uid;
}
