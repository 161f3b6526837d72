#!/usr/bin/env node
import { enableCompileCache } from "node:module";

// Compiled code is kept between runs: most of a cold start is compiling. It must be on before anything is imported.
enableCompileCache();
const { main, processIo } = await import("@millrace/cli");
const io = processIo();
io.exit(await main(process.argv.slice(2), io));
