import type { JobStatus, OperatorStatus } from "../job-handle.ts";

/**
 * A job's status in Prometheus' text format, version 0.0.4. Counters end with `_total`, times are seconds. A watermark
 * that is unknown or infinite has no sample.
 */
export function prometheusText(status: JobStatus): string {
  const lines: string[] = [];
  const metric = (name: string, type: "counter" | "gauge", help: string, samples: readonly Sample[]): void => {
    if (samples.length === 0) return;
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
    for (const { labels, value } of samples) lines.push(`${name}{${labelText({ job: status.name, ...labels })}} ${value}`);
  };
  for (const { name, type, help, read } of operatorMetrics) metric(name, type, help, operatorSamples(status.operators, read));
  const { checkpoint } = status;
  metric("millrace_job_up", "gauge", "1 while the job runs.", [{ value: status.state === "running" ? 1 : 0 }]);
  metric("millrace_job_uptime_seconds", "gauge", "Since the run was started.", [{ value: (status.nowMs - status.startedAtMs) / 1000 }]);
  metric("millrace_job_restarts_total", "counter", "Restarts after failures.", [{ value: status.restarts }]);
  metric("millrace_checkpoint_failures_total", "counter", "Checkpoints that failed.", [{ value: checkpoint.failures }]);
  metric("millrace_checkpoint_last_id", "gauge", "Id of the last completed checkpoint.", present(checkpoint.lastId));
  metric("millrace_checkpoint_last_completed_seconds", "gauge", "When it was completed, Unix time.", present(checkpoint.lastCompletedAtMs, 1000));
  metric("millrace_checkpoint_last_duration_seconds", "gauge", "How long it took.", present(checkpoint.lastDurationMs, 1000));
  metric("millrace_checkpoint_last_bytes", "gauge", "How much it wrote.", present(checkpoint.lastBytes));
  return `${lines.join("\n")}\n`;
}

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

interface OperatorMetric {
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly read: (operator: OperatorStatus) => number | undefined;
}

const operatorMetrics: readonly OperatorMetric[] = [
  { name: "millrace_operator_records_in_total", type: "counter", help: "Records taken.", read: (operator) => operator.recordsIn },
  { name: "millrace_operator_records_out_total", type: "counter", help: "Records emitted.", read: (operator) => operator.recordsOut },
  {
    name: "millrace_operator_late_dropped_total",
    type: "counter",
    help: "Late records that went nowhere.",
    read: (operator) => operator.lateDropped,
  },
  { name: "millrace_operator_late_side_total", type: "counter", help: "Late records sent to a side output.", read: (operator) => operator.lateSide },
  { name: "millrace_operator_skipped_total", type: "counter", help: "Bad input records that were left out.", read: (operator) => operator.skipped },
  { name: "millrace_operator_busy_seconds_total", type: "counter", help: "Time spent working.", read: (operator) => operator.busyMs / 1000 },
  {
    name: "millrace_operator_back_pressured_seconds_total",
    type: "counter",
    help: "Time spent waiting for those after it.",
    read: (operator) => operator.backPressuredMs / 1000,
  },
  { name: "millrace_operator_idle_seconds_total", type: "counter", help: "Time spent without input.", read: (operator) => operator.idleMs / 1000 },
  {
    name: "millrace_operator_watermark_seconds",
    type: "gauge",
    help: "Event time reached, Unix time.",
    read: ({ watermark }) => (watermark === undefined || !Number.isFinite(watermark) ? undefined : watermark / 1000),
  },
];

function operatorSamples(operators: readonly OperatorStatus[], read: OperatorMetric["read"]): readonly Sample[] {
  return operators.flatMap((operator) => {
    const value = read(operator);
    return value === undefined ? [] : [{ labels: { uid: operator.uid, kind: operator.kind }, value }];
  });
}

function present(value: number | undefined, divisor = 1): readonly Sample[] {
  return value === undefined ? [] : [{ value: value / divisor }];
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`)
    .join(",");
}
