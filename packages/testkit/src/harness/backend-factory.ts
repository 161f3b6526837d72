import type { BackendOptions, KeyedStateBackend } from "@millrace/contracts";

/** Makes an empty backend; `restore` fills it. */
export type BackendFactory = (options: BackendOptions) => KeyedStateBackend | Promise<KeyedStateBackend>;
