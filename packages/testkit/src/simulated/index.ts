export type { CrashMode } from "./crash.ts";
export { SimulatedFiles } from "./simulated-files.ts";
export type { SimulatedPorts, SimulatedPortsOptions } from "./simulated-ports.ts";
export { simulatedPorts } from "./simulated-ports.ts";
export { SimulatedTime } from "./simulated-time.ts";
export { systemError, VolatileDisk } from "./volatile-disk.ts";
