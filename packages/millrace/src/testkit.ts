/** Operators under test: a harness, `verifyOperator`, simulated time and files. */
export * from "@millrace/testkit";
