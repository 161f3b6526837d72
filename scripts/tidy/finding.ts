/** One place where the tree breaks a rule. A warning is shown and does not fail the check. */
export interface Finding {
  readonly path: string;
  readonly line?: number;
  readonly message: string;
  readonly warning?: true;
}

export function formatFinding(finding: Finding): string {
  const place = finding.line === undefined ? finding.path : `${finding.path}:${finding.line}`;
  return `${place}  ${finding.message}`;
}
