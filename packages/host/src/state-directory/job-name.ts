import { MillraceError } from "@millrace/core";

const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,79}$/;
/** Names that Windows gives to devices, with or without an ending. */
const DEVICE = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** A job's name is the name of its directory. Throws JOB_NAME for one that some file system would not take as it is. */
export function checkJobName(name: string): void {
  if (PLAIN.test(name) && !name.endsWith(".") && !DEVICE.test(name)) return;
  throw new MillraceError("JOB_NAME", `${JSON.stringify(name.slice(0, 100))} cannot be the name of a job`, {
    hint: "use letters, digits, '.', '_' and '-', at most 80 of them, beginning with a letter, a digit or '_', e.g. airport-delays",
  });
}
