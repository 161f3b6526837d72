import { drawBatched, drawCrowded, drawOvertaking } from "../options.ts";
import type { Judging } from "../progress/draw-judge.ts";
import { drawAwaits } from "./awaiting-branch.ts";
import { drawBrokenEvery } from "./broken-lines.ts";
import { drawBursts } from "./burst-timers.ts";
import { drawClockBursts } from "./clock-bursts.ts";
import { drawEdited } from "./edited-job.ts";
import { drawInterleaved } from "./interleaved-source.ts";
import { drawPunctuated } from "./punctuated.ts";
import type { JobWishes } from "./random-job.ts";
import { drawTurns } from "./turns.ts";

/** What a seed's job is to have, each thing drawn apart, as far as one goes with the other. */
export function drawWishes(seed: number, judging: Judging | undefined): JobWishes {
  const aligned = judging?.aligned === true;
  const turns = !aligned && judging?.msPerReading === undefined && drawTurns(seed);
  // Sources that are idle by turns say so between records that barriers overtake.
  const crowded = judging === undefined && drawCrowded(seed) && (!turns || drawOvertaking(seed));
  const marked = crowded && drawOvertaking(seed);
  return {
    // A judge goes by files, and so do those that take turns.
    layoutSeed: judging === undefined && !turns ? seed : undefined,
    furtherSeed: seed,
    aligned,
    // What a source counts as its records is not what the judge counts where some can't be read.
    brokenEvery: judging === undefined ? drawBrokenEvery(seed) : undefined,
    bursts: judging?.msPerReading !== undefined && drawBursts(seed),
    clockBursts: judging?.msPerReading !== undefined && drawClockBursts(seed),
    edited: drawEdited(seed),
    turns,
    // What a reader is about to read has to be known where it is judged how far it may go.
    interleaved: judging === undefined && !turns && drawInterleaved(seed),
    awaits: judging !== undefined && drawAwaits(seed),
    crowded,
    marked,
    batched: marked && drawBatched(seed),
    // How soon a result is due is reckoned with a watermark after so many records.
    punctuated: marked || (judging === undefined && drawPunctuated(seed)),
  };
}
