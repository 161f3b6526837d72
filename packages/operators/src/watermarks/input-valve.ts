import { WATERMARK_MAX, WATERMARK_MIN } from "@millrace/core";
import { createCombinedWatermarks } from "./combined-watermarks.ts";
import { type ChannelTime, createValve, type Valve, type ValveTarget } from "./valve.ts";

/** A channel, the input of the operator that it belongs to, and where it stands. */
export interface InputChannel {
  readonly input: 0 | 1;
  readonly time: ChannelTime;
}

/**
 * Merges the watermarks and statuses of all channels of an operator: those of each input by a valve, and two inputs as
 * Flink's operators with two inputs do. Otherwise than a channel, an input that comes back from idleness holds event time
 * back at once, until it has caught up. `reached`: the watermark that had left before a restore.
 */
export function createInputValve(channels: readonly InputChannel[], target: ValveTarget, reached: number = WATERMARK_MIN): Valve {
  const ofInput = ([0, 1] as const).map((input) => channels.filter((channel) => channel.input === input));
  if (ofInput.some(({ length }) => length === 0)) {
    const times = channels.map(({ time }) => time);
    return createValve(times, target, reached);
  }
  return twoInputs(channels, ofInput, target, reached);
}

function twoInputs(channels: readonly InputChannel[], ofInput: readonly InputChannel[][], target: ValveTarget, reached: number): Valve {
  const times = ofInput.map((ones) => timeOfInput(ones.map(({ time }) => time)));
  const combined = createCombinedWatermarks(times, reached);
  const advance = (risen: boolean): void => {
    if (risen) target.onWatermark(combined.watermark);
  };
  const valves = ofInput.map((ones, input) => {
    const ofValve: ValveTarget = {
      onWatermark: (watermark) => advance(combined.inputWatermark(input, watermark)),
      onStatus(status) {
        const wasIdle = combined.idle;
        advance(combined.inputStatus(input, status));
        if (combined.idle !== wasIdle) target.onStatus(status);
      },
    };
    return createValve(
      ones.map(({ time }) => time),
      ofValve,
      times[input]?.watermark,
    );
  });
  const places = channels.map((channel) => ({
    valve: valves[channel.input] as Valve,
    index: (ofInput[channel.input] ?? []).indexOf(channel),
  }));
  const placeOf = (channel: number) => places[channel] as (typeof places)[number];
  return {
    inputWatermark: (channel, watermark) => placeOf(channel).valve.inputWatermark(placeOf(channel).index, watermark),
    inputStatus: (channel, status) => placeOf(channel).valve.inputStatus(placeOf(channel).index, status),
    timeOf: (channel) => placeOf(channel).valve.timeOf(placeOf(channel).index),
    get watermark() {
      return combined.watermark;
    },
    get idle() {
      return combined.idle;
    },
  };
}

/** The least of its channels that are not idle, or the greatest of all. */
function timeOfInput(times: readonly ChannelTime[]): ChannelTime {
  const active = times.filter(({ idle }) => !idle);
  if (active.length === 0) return { watermark: Math.max(WATERMARK_MIN, ...times.map(({ watermark }) => watermark)), idle: true };
  return { watermark: Math.min(WATERMARK_MAX, ...active.map(({ watermark }) => watermark)), idle: false };
}
