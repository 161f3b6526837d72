#!/usr/bin/env node
import * as nodeModule from "node:module";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(`error: Millrace needs Node 22.18 or newer, this is ${process.versions.node}`);
  process.exit(2);
}

// Compiled code is kept between runs: most of a cold start is compiling. It must be on before anything is imported.
nodeModule.enableCompileCache();
const { main, processIo } = await import("@millrace/cli");
const io = processIo();
io.exit(await main(process.argv.slice(2), io));
