import { canonicalJson, type Json } from "@millrace/core";
import type { PlanNode } from "../logical.ts";
import type { Compared } from "./compare-state.ts";
import { comparePair, compareStates, dropHint } from "./compare-states.ts";
import { ACCUMULATORS, firesWhole, keepsSessionsTogether, keepsSlices, matched, newParts } from "./parts.ts";

type Refuse = (reason: string, hint: string) => readonly Compared[];
type Fields = { readonly [name: string]: Json | undefined };

const CONTENTS = "contents";

/** What becomes of the windows of a node. Their namespaces tell where they begin, and some of them nothing else. */
export function compareWindows(old: PlanNode, now: PlanNode, refuse: Refuse): readonly Compared[] {
  const hint = `give the window another uid; ${dropHint(old.uid)}`;
  const shape = shapeChange(fieldsOf(old.details.assigner), fieldsOf(now.details.assigner));
  if (shape !== undefined) return refuse(`its windows ${shape}: those that are open would end at another time`, hint);
  const [sizeBefore, size] = [old.details.windowMs, now.details.windowMs];
  if (sizeBefore !== undefined && size !== undefined && sizeBefore !== size) {
    return refuse(
      `its windows were ${String(sizeBefore)} ms long and are ${String(size)} ms long: those that are open would end at another time`,
      hint,
    );
  }
  const [before, after] = [triggerType(old), triggerType(now)];
  if (before !== after) return refuse(`its trigger was ${before} and is ${after}: open windows have the timers of the old one`, hint);
  if (keepsSessionsTogether(old) !== keepsSessionsTogether(now)) {
    return refuse("its sessions are kept in another form with a trigger, an evictor or allowed lateness than without", hint);
  }
  if (keepsSlices(old) !== keepsSlices(now)) {
    return refuse("its windows are kept in slices for a commutative aggregate and whole for others, with a trigger or allowed lateness", hint);
  }
  if (keepsSlices(now)) {
    const same = canonicalJson(old.details.assigner ?? null) === canonicalJson(now.details.assigner ?? null);
    return same ? compareStates(old, now) : refuse("its windows are kept in slices, which begin and end where the windows did", hint);
  }
  if (firesWhole(old) && firesWhole(now)) return compareStates(old, now);
  if (firesWhole(now) && timeOf(now) === "processing") return withoutTimers(old, now);
  if (firesWhole(now)) {
    return refuse(
      "its windows had timers of their own, and now fire whole, where none may have fired before",
      `keep its allowed lateness and window state, or ${hint}`,
    );
  }
  if (firesWhole(old)) return after === "eventTime" ? withTimers(old, now) : refuse("its windows fired whole, and now have another trigger", hint);
  const lateness = latenessPart(old, now);
  if (typeof lateness === "string") return refuse(lateness, hint);
  return [...compareStates(old, now), lateness];
}

/** Windows that fired whole go on as windows with a trigger: each gets the timers that its trigger and its end need. */
function withTimers(old: PlanNode, now: PlanNode): readonly Compared[] {
  const sizeMs = sizeOf(now);
  const lateness = latenessOf(now);
  const afterEndMs = lateness === Number.POSITIVE_INFINITY || lateness === 0 ? [0] : [0, lateness];
  const [pair, ...parts] = oneValueEach(old, now, ACCUMULATORS, CONTENTS);
  if (pair.outcome === "refused") return [pair, ...parts];
  const changes = ["its windows get timers of their own", ...pair.changes];
  const windowTimers = { sizeMs: Number(sizeMs), afterEndMs };
  return [{ ...pair, outcome: "migrated", changes, windowTimers }, ...parts, ...newParts(now, ["timers"])];
}

/** Windows of processing time that had timers of their own go on as windows that fire whole: what they hold says when. */
function withoutTimers(old: PlanNode, now: PlanNode): readonly Compared[] {
  const [pair, ...parts] = oneValueEach(old, now, CONTENTS, ACCUMULATORS);
  if (pair.outcome === "refused") return [pair, ...parts];
  const timers: Compared = { ...matched("timers"), outcome: "dropped", reason: "its windows fire whole" };
  return [{ ...pair, outcome: "migrated" }, ...parts, timers];
}

/** The state that windows keep one value each in, which has another name now; behind it all other states. */
function oneValueEach(old: PlanNode, now: PlanNode, from: string, to: string): readonly [Compared, ...Compared[]] {
  const before = old.states.find(({ name }) => name === from);
  const after = now.states.find(({ name }) => name === to);
  const rest = (node: PlanNode): PlanNode => ({ ...node, states: node.states.filter(({ name }) => name !== CONTENTS && name !== ACCUMULATORS) });
  const parts = compareStates(rest(old), rest(now));
  if (before === undefined || after === undefined || (before.kind === "list") !== (after.kind === "list")) {
    const reason =
      before?.kind === "list"
        ? "its windows kept every element, and now keep one value each"
        : "its windows kept one value each, and now keep every element";
    const hint = `give the window another uid; ${dropHint(old.uid)}`;
    return [{ part: "state", name: from, outcome: "refused", changes: [], reason, hint }, ...parts];
  }
  const pair = comparePair(old.uid, before, after);
  return [{ ...pair, changes: pair.changes.filter((change) => change !== `was ${from}`) }, ...parts];
}

/** A text says why the ends of its windows can't be moved. */
function latenessPart(old: PlanNode, now: PlanNode): Compared | string {
  const [fromMs, toMs] = [latenessOf(old), latenessOf(now)];
  const timers = matched("timers");
  if (fromMs === toMs || timeOf(now) !== "event") return timers;
  if (fromMs === Number.POSITIVE_INFINITY) return "it allowed lateness for ever: its windows have no timer that would end them";
  if (toMs === 0) return "it allows no lateness any more: windows that have fired would fire again at their end";
  // Kept for ever: the timers that are there end nothing any more.
  if (toMs === Number.POSITIVE_INFINITY) return timers;
  if (fieldsOf(now.details.assigner).type === "global") return timers;
  const sizeMs = sizeOf(now);
  const aligned = typeof sizeMs === "number" ? { sizeMs } : {};
  return {
    ...timers,
    outcome: "migrated",
    changes: [`open windows are kept ${toMs} ms behind the watermark instead of ${fromMs} ms`],
    movedEnds: { ...aligned, fromMs, toMs },
  };
}

/** What of the windows' form differs, in words. */
function shapeChange(before: Fields, now: Fields): string | undefined {
  if (canonicalJson(before as Json) === canonicalJson(now as Json)) return undefined;
  if (before.time !== now.time) return `went by ${String(before.time)} time and go by ${String(now.time)} time`;
  if (isAligned(before) && isAligned(now))
    return before.sizeMs === now.sizeMs ? undefined : `were ${String(before.sizeMs)} ms long and are ${String(now.sizeMs)} ms long`;
  if (before.type === now.type && (now.type === "session" || now.type === "global")) return undefined;
  return `were ${String(before.type)} and are ${String(now.type)}`;
}

/** Windows that are known by their start, because all are of one size. */
function isAligned({ type }: Fields): boolean {
  return type === "tumbling" || type === "sliding";
}

function triggerType({ details }: PlanNode): string {
  return typeOfTrigger(details.trigger);
}

/** A purging trigger is the trigger inside; one with a timeout has the timers of that, too. */
function typeOfTrigger(trigger: Json | undefined): string {
  const { type, of } = fieldsOf(trigger);
  if (type === "purging") return typeOfTrigger(of);
  if (type === "processingTimeout") return `processingTimeout of ${typeOfTrigger(of)}`;
  return typeof type === "string" ? type : canonicalJson(trigger ?? null);
}

function latenessOf(node: PlanNode): number {
  const { allowedLatenessMs } = node.details;
  return allowedLatenessMs === "forever" ? Number.POSITIVE_INFINITY : Number(allowedLatenessMs ?? 0);
}

/** How long windows are that are known by their start; an assigner of one's own need not say it. */
function sizeOf({ details }: PlanNode): Json | undefined {
  return fieldsOf(details.assigner).sizeMs ?? details.windowMs;
}

function timeOf(node: PlanNode): Json | undefined {
  return fieldsOf(node.details.assigner).time;
}

function fieldsOf(value: Json | undefined): Fields {
  return value === undefined || value === null || typeof value !== "object" || Array.isArray(value) ? {} : (value as Fields);
}
