import type { JobDefinition, Sink } from "millrace";
import { everythingJob, readings } from "../engine/jobs.ts";
import { type Branch, randomJob } from "../engine/random-jobs.ts";
import { ledgerJob } from "../engine/upgrades/ledger.ts";

/** The jobs whose savepoints are kept. What they do with their input must stay what it is. */
export const fixtureJobs: Readonly<Record<string, (sink: Sink<string>) => JobDefinition>> = {
  ledger: (sink) => ledgerJob(1, readings(900, 7), sink),
  everything: (sink) => everythingJob(readings(2_500, 21), sink),
  operators: (sink) => randomJob(readings(1_200, 33, 200), operators, 200, sink),
};

/** Joins, broadcast state, asynchronous calls, patterns, an operator of the job's own: state that the other two have not. */
const operators: readonly Branch[] = [
  "intervalJoin",
  "intervalLeft",
  "windowJoin",
  "coGroup",
  "temporalJoin",
  "versions",
  "broadcast",
  "spread",
  "async",
  "asyncInOrder",
  "lookup",
  "pattern",
  "patternLoop",
  "patternNot",
  "patternTimedOut",
  "ownOperator",
];

/** Version 2 of the ledger, into which its savepoint is restored, too. */
export function upgradedLedger(sink: Sink<string>): JobDefinition {
  return ledgerJob(2, readings(900, 7), sink);
}

/** How each was written. */
export const fixtures = [
  { job: "ledger", backend: "disk", parallelism: 2 },
  { job: "ledger", backend: "heap", parallelism: 1 },
  { job: "everything", backend: "disk", parallelism: 2 },
  { job: "everything", backend: "heap", parallelism: 1 },
  { job: "operators", backend: "disk", parallelism: 2 },
  { job: "operators", backend: "heap", parallelism: 1 },
] as const;

export type Fixture = (typeof fixtures)[number];

/** `<format version>-<job>-<backend>`. */
export function fixtureName({ job, backend }: Fixture): string {
  return `1-${job}-${backend}`;
}
