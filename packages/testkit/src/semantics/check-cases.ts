import { messageOf } from "@millrace/core";
import type { CaseResult, SemanticsCase } from "./case.ts";
import { compareCase } from "./compare.ts";
import { kindRunners } from "./kinds.ts";
import type { Variation } from "./variation.ts";

/** What became of the cases of one kind. */
export interface KindReport {
  readonly kind: string;
  readonly passed: number;
  /** One sentence each, beginning with the case's id. */
  readonly differences: readonly string[];
  /** Cases that nothing was run for: the kind is not built. */
  readonly skipped: number;
}

/** Runs cases of any kinds, and reports per kind in the order of their first case. */
export async function checkCases(cases: readonly SemanticsCase[], variationOf: (recorded: SemanticsCase) => Variation): Promise<KindReport[]> {
  const reports: KindReport[] = [];
  for (const [kind, ofKind] of Map.groupBy(cases, (recorded) => recorded.kind)) {
    const run = kindRunners[kind];
    if (run === undefined) {
      reports.push({ kind, passed: 0, differences: [], skipped: ofKind.length });
      continue;
    }
    const differences: string[] = [];
    for (const recorded of ofKind) {
      const difference = await checkCase(recorded, variationOf(recorded), run);
      if (difference !== undefined) differences.push(difference);
    }
    reports.push({ kind, passed: ofKind.length - differences.length, differences, skipped: 0 });
  }
  return reports;
}

async function checkCase(
  recorded: SemanticsCase,
  variation: Variation,
  run: (recorded: SemanticsCase, variation: Variation) => Promise<CaseResult>,
): Promise<string | undefined> {
  try {
    const result = await run(recorded, variation);
    if (!variation.restores || !announcesIdleness.has(recorded.kind)) return compareCase(recorded, result);
    return compareCase(withoutStatuses(recorded), withoutStatuses(result));
  } catch (error) {
    return `${recorded.id}: the runner itself failed: ${messageOf(error)}`;
  }
}

/** Kinds whose operator announces idleness anew after a restore. */
const announcesIdleness: ReadonlySet<string> = new Set(["watermarkGenerator", "watermarkOperator"]);

function withoutStatuses<R extends CaseResult>(result: R): R {
  return { ...result, output: result.output.filter((entry) => entry.status === undefined) };
}
