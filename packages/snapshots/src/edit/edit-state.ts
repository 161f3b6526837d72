import { fingerprintOf, type TypeDescription, t } from "@millrace/codec";
import type { Key, StateDeclaration, StateDeclarations, StateHandles, TimerService } from "@millrace/contracts";
import { assert, checkTimerTime, MillraceError } from "@millrace/core";
import { hasWindows, isKeyed, type LogicalPlan, type NodeKind, type PlannedState } from "@millrace/plan";
import type { ScratchBackend } from "./scratch-backend.ts";

/** The state of one operator, to be read and changed key by key, with the handles that its function has. */
export interface StateEditor<S extends StateDeclarations> {
  /** What follows is about this key. */
  setKey(key: Key): void;
  readonly state: StateHandles<S>;
  /** Timers of the current key; times are milliseconds since 1970. */
  readonly timers: {
    registerEventTimeTimer(time: number): void;
    deleteEventTimeTimer(time: number): void;
    registerProcessingTimeTimer(time: number): void;
    deleteProcessingTimeTimer(time: number): void;
  };
  /**
   * Call it once a key in a long loop: it writes out what has been changed when that has become much, so that memory stays
   * bounded.
   */
  breathe(): Promise<void>;
}

/** What is done to the state of one operator. */
export interface StateEdit {
  readonly declarations: StateDeclarations;
  readonly run: (editor: StateEditor<StateDeclarations>) => Promise<void>;
}

/**
 * An edit of an operator's state: `state` declares those that are touched, as the job does.
 *
 *     editState({ balance: state.value(t.integer()) }, async ({ setKey, state }) => {
 *       setKey("alice");
 *       state.balance.update(0);
 *     });
 */
export function editState<const S extends StateDeclarations>(declarations: S, run: (editor: StateEditor<S>) => void | Promise<void>): StateEdit {
  return { declarations, run: async (editor) => run(editor as unknown as StateEditor<S>) };
}

/** Keys between two writes. */
const KEYS_PER_FLUSH = 20_000;

/** As the operators of process functions name their timers. */
const USER_TIMERS = "user-timers";
const noNamespace = t.literal("");

/** Runs an edit on a backend that holds the operator's state, and writes out the rest. Throws EDIT_STATE, and what the edit throws. */
export async function runEdit(scratch: ScratchBackend, uid: string, { declarations, run }: StateEdit, plan: LogicalPlan): Promise<void> {
  checkDeclarations(uid, declarations, plan);
  const { backend } = scratch;
  let keys = 0;
  let timers: TimerService<string> | undefined;
  const service = (): TimerService<string> => {
    checkTimers(uid, plan);
    timers ??= backend.timers(USER_TIMERS, noNamespace, { onEventTime: neverFires, onProcessingTime: neverFires });
    return timers;
  };
  await run({
    setKey: (key) => {
      keys++;
      backend.setCurrentKey(key);
    },
    state: backend.states(declarations),
    timers: {
      registerEventTimeTimer: (time) => service().registerEventTime("", checkTimerTime(time)),
      deleteEventTimeTimer: (time) => service().deleteEventTime("", checkTimerTime(time)),
      registerProcessingTimeTimer: (time) => service().registerProcessingTime("", checkTimerTime(time)),
      deleteProcessingTimeTimer: (time) => service().deleteProcessingTime("", checkTimerTime(time)),
    },
    async breathe() {
      if (keys < KEYS_PER_FLUSH) return;
      keys = 0;
      await scratch.flush();
    },
  });
  await scratch.flush();
}

function neverFires(): void {
  assert(false, "timers do not fire in an edit");
}

/** What would be refused at the restore is refused here, where it comes from. */
function checkDeclarations(uid: string, declarations: StateDeclarations, plan: LogicalPlan): void {
  const node = plan.nodes.find((candidate) => candidate.uid === uid);
  if (node === undefined) throw refusal(uid, "the plan has no such operator", `it has: ${plan.nodes.map((each) => each.uid).join(", ")}`);
  if (hasWindows(node.kind)) throw refusal(uid, "it lies in windows", "it can be read: see openSnapshot");
  if (!isKeyed(node)) {
    throw refusal(uid, `a ${node.kind} has no keyed state`, `operators that have: ${keyedUids(plan).join(", ") || "none"}`);
  }
  for (const [name, declaration] of Object.entries(declarations)) {
    const planned = node.states.find((state) => state.name === name);
    if (planned === undefined) {
      throw refusal(uid, `it has no state ${JSON.stringify(name)}`, `it has: ${node.states.map((state) => state.name).join(", ") || "none"}`);
    }
    if (planned.kind !== declaration.kind || planned.fingerprint !== declaration.codec.fingerprint) {
      throw refusal(uid, `the state ${JSON.stringify(name)} is a ${planned.kind} of another type there`, "declare it as the job does");
    }
    if (!hasKeysOf(declaration, planned)) {
      throw refusal(uid, `the keys of the map ${JSON.stringify(name)} are of another type there`, "declare it as the job does");
    }
    if ((planned.ttlMs === undefined) !== (declaration.ttl === undefined)) {
      throw refusal(
        uid,
        `the state ${JSON.stringify(name)} ${planned.ttlMs === undefined ? "has no" : "has a"} time to live there`,
        "declare it as the job does",
      );
    }
  }
}

function keyedUids({ nodes }: LogicalPlan): readonly string[] {
  return nodes.filter((node) => isKeyed(node) && !hasWindows(node.kind)).map(({ uid }) => uid);
}

/** Kinds whose functions set timers of their own; those of others are their operators'. */
const withTimers: readonly NodeKind[] = ["keyedProcess", "coProcess", "keyedBroadcastProcess"];

function checkTimers(uid: string, { nodes }: LogicalPlan): void {
  const node = nodes.find((candidate) => candidate.uid === uid);
  if (node === undefined || withTimers.includes(node.kind)) return;
  throw refusal(uid, `a ${node.kind} has no timers that a function sets`, "timers belong to process functions");
}

function hasKeysOf(declaration: StateDeclaration, { keyType }: PlannedState): boolean {
  return declaration.kind !== "map" || keyType === undefined || fingerprintOf(keyType as TypeDescription) === declaration.keyCodec.fingerprint;
}

function refusal(uid: string, what: string, hint: string): MillraceError {
  return new MillraceError("EDIT_STATE", `the state of ${uid} can't be edited: ${what}`, { hint, where: { uid } });
}
