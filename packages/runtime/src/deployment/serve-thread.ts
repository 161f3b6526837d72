import type { Deployment, DeploymentListener } from "./deployment.ts";
import { errorToData } from "./error-data.ts";
import type { TaskSettings } from "./task-settings.ts";
import { inThreadOf } from "./thread-deployment.ts";
import type { ThreadAnswer, ThreadCommand, ThreadEvent } from "./thread-protocol.ts";

/** Runs this thread's subtasks as the coordinator's thread commands: hand it every command in the order they come. */
export function serveThread(settings: TaskSettings, tell: (event: ThreadEvent) => void): (command: ThreadCommand) => void {
  const listener = tellingListener(tell);
  let deployment: Deployment | undefined;
  const answer = (request: number, work: Promise<ThreadAnswer["outputs"] | undefined>): void => {
    work.then(
      (outputs) => {
        const { localMarkers = [] } = deployment ?? {};
        tell({ kind: "answer", request, answer: { localMarkers, status: deployment?.status() ?? [], outputs: outputs ?? [] } });
      },
      (error: unknown) => tell({ kind: "refusal", request, error: errorToData(error) }),
    );
  };
  return (command) => {
    switch (command.kind) {
      case "deploy":
        deployment = inThreadOf(settings, command.place)(command.order, listener);
        answer(command.request, done(deployment.deploy()));
        return;
      case "start":
        deployment?.start();
        return;
      case "assignSplits":
        deployment?.assignSplits(...command.args);
        return;
      case "noMoreSplits":
        deployment?.noMoreSplits(...command.args);
        return;
      case "alignWatermarks":
        deployment?.alignWatermarks(...command.args);
        return;
      case "drain":
        deployment?.drain();
        return;
      case "triggerCheckpoint":
        deployment?.triggerCheckpoint(...command.args);
        return;
      case "abortCheckpoint":
        deployment?.abortCheckpoint(...command.args);
        return;
      case "resume":
        deployment?.resume();
        return;
      case "completeCheckpoint":
        answer(command.request, done(deployment?.completeCheckpoint(command.checkpointId)));
        return;
      case "prepareSinks":
        answer(command.request, deployment?.prepareSinks() ?? done(undefined));
        return;
      case "status":
        answer(command.request, done(undefined));
        return;
      case "close":
        answer(command.request, done(deployment?.close()));
        return;
    }
  };
}

async function done(work: Promise<void> | undefined): Promise<undefined> {
  await work;
}

function tellingListener(tell: (event: ThreadEvent) => void): DeploymentListener {
  return {
    acknowledged: (...args) => tell({ kind: "acknowledged", args }),
    declined: (subtaskId, checkpointId, error) => tell({ kind: "declined", subtaskId, checkpointId, error: errorToData(error) }),
    ended: (...args) => tell({ kind: "ended", args }),
    failed: (error) => tell({ kind: "failed", error: errorToData(error) }),
    warn: (warning) => tell({ kind: "warn", error: errorToData(warning) }),
    wantsCheckpoint: (...args) => tell({ kind: "wantsCheckpoint", args }),
    requestSplit: (...args) => tell({ kind: "requestSplit", args }),
    sourceWatermark: (...args) => tell({ kind: "sourceWatermark", args }),
  };
}
