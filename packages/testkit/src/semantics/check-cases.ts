import { messageOf } from "@millrace/core";
import type { CaseResult, SemanticsCase } from "./case.ts";
import { compareCase } from "./compare.ts";
import { type Deviation, deviations } from "./deviations.ts";
import { type KindRunner, kindRunners } from "./kinds.ts";
import type { Variation } from "./variation.ts";

/** What became of the cases of one kind. */
export interface KindReport {
  readonly kind: string;
  readonly passed: number;
  /** Cases that differ on purpose; classes that none belongs to are left out. */
  readonly deviates: readonly DeviationReport[];
  /** One sentence each, beginning with the case's id. */
  readonly differences: readonly string[];
  /** Cases that nothing was run for: the kind is not built. */
  readonly skipped: number;
}

export interface DeviationReport extends Pick<Deviation, "name" | "reason"> {
  readonly ids: readonly string[];
}

type VariationOf = (recorded: SemanticsCase) => Variation;

/** Runs cases of any kinds, and reports per kind in the order of their first case. */
export async function checkCases(cases: readonly SemanticsCase[], variationOf: VariationOf): Promise<KindReport[]> {
  const reports: KindReport[] = [];
  for (const [kind, ofKind] of Map.groupBy(cases, (recorded) => recorded.kind)) {
    const run = kindRunners[kind];
    reports.push(
      run === undefined
        ? { kind, passed: 0, deviates: [], differences: [], skipped: ofKind.length }
        : await checkKind(kind, ofKind, run, variationOf),
    );
  }
  return reports;
}

async function checkKind(kind: string, cases: readonly SemanticsCase[], run: KindRunner, variationOf: VariationOf): Promise<KindReport> {
  const differences: string[] = [];
  const idsOf = new Map<Deviation, string[]>();
  let passed = 0;
  for (const recorded of cases) {
    const difference = await checkCase(recorded, variationOf(recorded), run);
    const deviation = difference === undefined ? undefined : await deviationOf(recorded, variationOf, run);
    if (difference === undefined) passed++;
    else if (deviation === undefined) differences.push(difference);
    else idsOf.set(deviation, [...(idsOf.get(deviation) ?? []), recorded.id]);
  }
  const deviates = [...idsOf].map(([{ name, reason }, ids]) => ({ name, reason, ids }));
  return { kind, passed, deviates, differences, skipped: 0 };
}

/** The class of a case that differs, if it is known why. */
async function deviationOf(recorded: SemanticsCase, variationOf: VariationOf, run: KindRunner): Promise<Deviation | undefined> {
  for (const deviation of deviations[recorded.kind] ?? []) {
    if ((await checkCase(recorded, variationOf(recorded), deviation.runAsFlink)) !== undefined) continue;
    const { runPlainly } = deviation;
    if (runPlainly === undefined) return deviation;
    const plain = { ...recorded, ...(await runPlainly(recorded, variationOf(recorded))) };
    if ((await checkCase(plain, variationOf(recorded), run)) === undefined) return deviation;
  }
  return undefined;
}

async function checkCase(recorded: SemanticsCase, variation: Variation, run: KindRunner): Promise<string | undefined> {
  try {
    const result = await run(recorded, variation);
    if (variation.drive !== undefined) return compareStreams(withoutLast(withoutStatuses(recorded)), withoutLast(withoutStatuses(result)));
    if (!variation.restores || !announcesIdleness.has(recorded.kind)) return compareCase(recorded, result);
    return compareCase(withoutStatuses(recorded), withoutStatuses(result));
  } catch (error) {
    return `${recorded.id}: the runner itself failed: ${messageOf(error)}`;
  }
}

/** A job whose source ends sends the last watermark, which an operator by itself is given or not. */
function withoutLast<R extends CaseResult>(result: R): R {
  const last = result.output.findLastIndex((entry) => entry.wm !== undefined);
  return result.output[last]?.wm === "max" ? { ...result, output: result.output.toSpliced(last, 1) } : result;
}

/** As compareCase, each output by itself; watermarks stand in the main one. */
function compareStreams(recorded: SemanticsCase, result: CaseResult): string | undefined {
  const of = <R extends CaseResult>(from: R, side: string | undefined): R => ({
    ...from,
    output: from.output.filter((entry) => entry.side === side),
  });
  for (const side of new Set([...recorded.output, ...result.output].map((entry) => entry.side))) {
    const difference = compareCase(of(recorded, side), of(result, side));
    if (difference !== undefined) return side === undefined ? difference : `${difference} (side output ${side})`;
  }
  return undefined;
}

/** Kinds whose operator announces idleness anew after a restore. */
const announcesIdleness: ReadonlySet<string> = new Set(["watermarkGenerator", "watermarkOperator"]);

function withoutStatuses<R extends CaseResult>(result: R): R {
  return { ...result, output: result.output.filter((entry) => entry.status === undefined) };
}
