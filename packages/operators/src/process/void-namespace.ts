import type { NamespaceCodec } from "@millrace/contracts";

/** The one namespace of timers that belong to a key alone (Flink's VoidNamespace). It takes no bytes. */
export const VOID_NAMESPACE = "";

export const voidNamespaceCodec: NamespaceCodec<string> = {
  type: { kind: "void" },
  fingerprint: "766f696400000000",
  encode() {},
  decode: () => VOID_NAMESPACE,
};
