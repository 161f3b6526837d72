import { main, processIo } from "./index.ts";

// The command from its sources; `packages/millrace/bin` starts the built one.
const io = processIo();
io.exit(await main(process.argv.slice(2), io));
