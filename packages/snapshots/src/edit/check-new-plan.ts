import { MillraceError } from "@millrace/core";
import { compareState, describeRestore, type JobFacts, type OperatorRestore, type SnapshotFacts } from "@millrace/plan";

/**
 * Records are copied as they are, and read later by the plan beside them. So a plan of another version may have state that
 * the snapshot has not, and all that the snapshot has stands in it under the same name and type. Throws EDIT_PLAN with
 * everything that does not.
 */
export function checkNewPlan(snapshot: SnapshotFacts, job: JobFacts): void {
  const { operators, problems } = compareState(snapshot, job);
  const others = operators.filter(({ outcome }) => outcome === "migrated");
  const lines = [...problems.map(({ uid, state, reason }) => `${placeOf(uid, state)}${reason}`), ...others.flatMap(changesOf)];
  if (lines.length === 0) return;
  throw new MillraceError(
    "EDIT_PLAN",
    `what the snapshot holds would not be read by the plan of ${job.plan.jobName}:${lines.map((line) => `\n- ${line}`).join("")}`,
    {
      hint: "start the job from the snapshot, which migrates state, and change a savepoint of it; or say renameUids and dropUids",
    },
  );
}

function placeOf(uid: string | undefined, state: string | undefined): string {
  const place = [...(uid === undefined ? [] : [uid]), ...(state === undefined ? [] : [`state "${state}"`])].join(", ");
  return place === "" ? "" : `${place}: `;
}

function changesOf(operator: OperatorRestore): readonly string[] {
  const parts = operator.parts.filter(({ outcome }) => outcome === "migrated" || outcome === "dropped");
  return [
    describeRestore({ operators: [{ ...operator, parts }], problems: [] })
      .map((line) => line.trim())
      .join("; "),
  ];
}
