import { t } from "@millrace/codec";
import type { NamespaceCodec } from "@millrace/contracts";

/** The one namespace of timers that belong to a key alone (Flink's VoidNamespace). */
export const VOID_NAMESPACE = "";

/** Takes no bytes. */
export const voidNamespaceCodec: NamespaceCodec<string> = t.literal(VOID_NAMESPACE);
