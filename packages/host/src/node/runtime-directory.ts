import { tmpdir, userInfo } from "node:os";

/** Where control sockets lie: a directory of this user that goes with the login or the boot. To be made with mode 0700. */
export function runtimeDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const runtime = environment.XDG_RUNTIME_DIR;
  return runtime !== undefined && runtime !== "" ? `${runtime}/millrace` : `${tmpdir()}/millrace-${userInfo().uid}`;
}
