import { datagen, defineJob, discard, startJob } from "millrace";

const job = defineJob("nested", (env) => {
  env.from(datagen({ generate: (n: number) => n, count: 10 }), { uid: "numbers" }).to(discard(), { uid: "out" });
});
export default job;

// What a job's module must not do.
if (process.env.MILLRACE_TEST_NESTED === "1") await startJob(job, { ephemeral: true });
