let allowed: boolean | undefined;

/** Whether `new Function` works here: `--disallow-code-generation-from-strings` and content security policies forbid it. */
export function canGenerateCode(): boolean {
  if (allowed === undefined) {
    try {
      allowed = new Function("return true")() as boolean;
    } catch {
      allowed = false;
    }
  }
  return allowed;
}
