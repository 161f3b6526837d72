import { nodePorts } from "@millrace/core/node";
import { nodeProcessFacts } from "../../src/node/index.ts";
import { openStateDirectory } from "../../src/state-directory/index.ts";

const [path = "", then = "stays"] = process.argv.slice(2);
const jobName = "flights";
await openStateDirectory({
  ports: nodePorts,
  processes: nodeProcessFacts,
  path,
  jobName,
  engineVersion: "0.1.0",
  breakLock: false,
  probe: async () => false,
});
process.stdout.write("locked\n");
if (then === "stays") setInterval(() => {}, 1_000);
