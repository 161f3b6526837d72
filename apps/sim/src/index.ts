export { bareKinds, jobKinds, jobVariation } from "./programs/job-variation.ts";
export { Chance } from "./world/chance.ts";
