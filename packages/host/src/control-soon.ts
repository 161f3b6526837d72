import { messageOf, type Ports } from "@millrace/core";
import type { LogicalPlan } from "@millrace/plan";
import { type ControlServer, startControlServer } from "./control/index.ts";
import { engineVersion } from "./engine-version.ts";
import { runtimeDirectory } from "./node/index.ts";
import type { RunningJob } from "./running-job.ts";
import { controlSocketPath, type StateDirectory } from "./state-directory/index.ts";

const CONTROL_AFTER_MS = 50;

export interface SoonControl {
  close(): Promise<void>;
}

export interface ControlledJob {
  readonly handle: RunningJob;
  readonly plan: LogicalPlan;
  readonly directory: StateDirectory;
  /** As `ControlServerOptions.redact`. */
  readonly redact: (text: string) => string;
}

/** A job's first results do not wait for its control API, which is for onlookers; nor does the job fail without it. */
export function controlSoon(job: ControlledJob, ports: Ports): SoonControl {
  const { handle } = job;
  let server: Promise<ControlServer | undefined> | undefined;
  const cancel = ports.scheduler.after(CONTROL_AFTER_MS, () => {
    server = startControl(job, ports).catch((error: unknown) => {
      handle.warn("CONTROL_SOCKET", `the control API is not available: ${messageOf(error)}`);
      return undefined;
    });
  });
  return {
    close: async () => {
      cancel();
      // The end of the run is written down all the same.
      await (await server)?.close().catch((error: unknown) => handle.warn("CONTROL_SOCKET", `the control API did not close: ${messageOf(error)}`));
    },
  };
}

async function startControl({ directory, ...served }: ControlledJob, ports: Ports): Promise<ControlServer> {
  const runtime = runtimeDirectory();
  await ports.files.makeDirectory(runtime, 0o700);
  const server = await startControlServer({ ...served, engineVersion, socketPath: controlSocketPath(runtime, directory.path) });
  try {
    await directory.recordControl(server.socketPath);
  } catch (error) {
    // Nobody would find it, and it stood in the way of the job's next run in this process.
    await server.close().catch(() => undefined);
    throw error;
  }
  return server;
}
