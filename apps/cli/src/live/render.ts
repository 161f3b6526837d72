import { stripVTControlCharacters } from "node:util";
import type { JobState, JobStatus } from "@millrace/host";
import { type Paint, plain, type Style } from "../paint.ts";
import { cutText, oneLine, textWidth } from "../text-width.ts";
import { operatorLines } from "./operators.ts";
import type { LiveSnapshot, Notice } from "./snapshot.ts";
import { bytesText, durationText } from "./units.ts";

const states: Readonly<Record<JobState, readonly [symbol: string, style: Style]>> = {
  starting: ["○", "yellow"],
  running: ["●", "green"],
  restarting: ["◌", "yellow"],
  stopping: ["◌", "yellow"],
  finished: ["✓", "green"],
  savepoint: ["■", "green"],
  stopped: ["■", "yellow"],
  failed: ["✗", "red"],
  cancelled: ["■", "red"],
};

const noticesMax = 3;

/**
 * One frame of the live view: at most `height` lines of at most `width` characters, whatever the terminal's size. On a
 * small one the table loses columns and rows first; the job's own lines stay.
 */
export function render(snapshot: LiveSnapshot, width: number, height: number, paint: Paint = plain): string[] {
  const head = [titleLine(snapshot, width, paint), checkpointLine(snapshot, width, paint)];
  const notices = snapshot.notices.slice(-noticesMax).map((notice) => noticeLine(notice, width, paint));
  const footer = snapshot.footer === "" ? [] : ["", paint("dim", cutText(snapshot.footer, width))];
  const foot = [...(notices.length === 0 ? [] : ["", ...notices]), ...footer];
  const room = height - head.length - foot.length - 1;
  if (room >= 2) return [...head, "", ...operatorLines(snapshot, width, room, paint), ...foot];
  return [...head, ...footer.slice(-1)].slice(0, Math.max(0, height));
}

function titleLine({ status }: LiveSnapshot, width: number, paint: Paint): string {
  const [symbol, style] = states[status.state];
  const left = [paint(style, symbol), paint("bold", status.name), paint(style, status.state), durationText(status.nowMs - status.startedAtMs)];
  const subtasks = `parallelism ${status.parallelism}`;
  return bothSides(left.join(" "), paint("dim", `run ${status.runId} · ${subtasks}`), width);
}

function checkpointLine({ status, resumedFrom }: LiveSnapshot, width: number, paint: Paint): string {
  const { restarts, checkpoint } = status;
  const troubles = [
    ...(restarts > 0 ? [`${restarts} restart${restarts === 1 ? "" : "s"}`] : []),
    ...(checkpoint.failures > 0 ? [`${checkpoint.failures} failed checkpoint${checkpoint.failures === 1 ? "" : "s"}`] : []),
  ];
  const right = troubles.length > 0 ? paint("yellow", troubles.join(" · ")) : "";
  return bothSides(`  ${checkpointText(status, resumedFrom)}`, right, width);
}

function checkpointText({ checkpoint, nowMs }: JobStatus, resumedFrom: number | undefined): string {
  const { lastId, lastCompletedAtMs, lastDurationMs, lastBytes, inFlight } = checkpoint;
  const parts = [
    lastId === undefined ? (resumedFrom === undefined ? "no checkpoint yet" : `resumed from checkpoint ${resumedFrom}`) : `checkpoint ${lastId}`,
    ...(lastCompletedAtMs === undefined ? [] : [`${durationText(Math.max(0, nowMs - lastCompletedAtMs))} ago`]),
    ...(lastBytes === undefined ? [] : [bytesText(lastBytes)]),
    ...(lastDurationMs === undefined ? [] : [`took ${durationText(lastDurationMs)}`]),
    ...(inFlight === undefined ? [] : [`taking ${inFlight}`]),
  ];
  return parts.join(" · ");
}

function noticeLine({ level, text }: Notice, width: number, paint: Paint): string {
  const line = cutText(`  ${level === "info" ? "·" : "!"} ${oneLine(text)}`, width);
  return level === "info" ? paint("dim", line) : paint(level === "warn" ? "yellow" : "red", line);
}

/** `right` stands at the right edge, or not at all when there is no room beside `left`. */
function bothSides(left: string, right: string, width: number): string {
  const room = width - lengthOf(left);
  if (room < 0) return cutText(stripVTControlCharacters(left), width);
  const space = room - lengthOf(right);
  return right === "" || space < 2 ? left : `${left}${" ".repeat(space)}${right}`;
}

function lengthOf(painted: string): number {
  return textWidth(stripVTControlCharacters(painted));
}
