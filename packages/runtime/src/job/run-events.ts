/** What happens to a run, in order; the host adds the time and passes it on. */
export type RunEvent =
  | { readonly kind: "running"; readonly attempt: number }
  | { readonly kind: "checkpointCompleted"; readonly checkpointId: number; readonly durationMs: number; readonly bytes: number }
  | { readonly kind: "checkpointFailed"; readonly checkpointId: number; readonly error: unknown }
  | { readonly kind: "restarting"; readonly attempt: number; readonly delayMs: number; readonly error: unknown }
  | { readonly kind: "warning"; readonly error: unknown };

export type RunListener = (event: RunEvent) => void;
