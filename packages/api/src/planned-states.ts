import type { StateDeclaration, StateDeclarations } from "@millrace/contracts";
import type { PlannedState } from "@millrace/plan";

/** State declarations as they stand in the plan (law P4), in the order of their declaration. */
export function plannedStates(declarations: StateDeclarations | undefined): readonly PlannedState[] {
  return Object.entries(declarations ?? {}).map(([name, declaration]) => plannedState(name, declaration));
}

function plannedState(name: string, declaration: StateDeclaration): PlannedState {
  const { kind, codec, ttl, aliases = [], migrate } = declaration;
  return {
    name,
    kind,
    type: codec.type,
    fingerprint: codec.fingerprint,
    ...(declaration.kind === "map" ? { keyType: declaration.keyCodec.type } : {}),
    ...(ttl === undefined ? {} : { ttlMs: ttl.ttlMs }),
    ...(aliases.length === 0 ? {} : { aliases }),
    ...(migrate === undefined ? {} : { migrates: true }),
  };
}
