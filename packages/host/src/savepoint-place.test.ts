import { expect, test } from "vitest";
import { savepointPlace } from "./savepoint-place.ts";

const placeOf = savepointPlace(
  { path: "/state/job", savepoints: "/state/job/savepoints" },
  { absolutePath: (path) => (path.startsWith("/") ? path : `/state/${path}`) },
);

test("savepoints lie with the others, or where they are wanted", () => {
  expect(placeOf(undefined)(7)).toBe("/state/job/savepoints/sp-7");
  expect(placeOf("/backup/monday")(7)).toBe("/backup/monday");
  expect(placeOf("job/savepoints/monday")(7)).toBe("/state/job/savepoints/monday");
  expect(placeOf("/state/jobs")(7)).toBe("/state/jobs");
});

test.each(["/state/job", "job/local", "job/local/monday", "/state/job/checkpoints/sp", "/state/job/savepoints"])(
  "they do not lie among what the job removes: %s",
  (path) => {
    expect(() => placeOf(path)).toThrow(
      expect.objectContaining({ code: "SAVEPOINT_PATH", hint: "choose a path outside of /state/job, or one in /state/job/savepoints" }),
    );
  },
);
