export { bareKinds, jobKinds, jobVariation } from "./programs/job-variation.ts";
