import { MillraceError, messageOf } from "@millrace/core";
import type { StartOptions } from "@millrace/host";
import { parseCount, parseDuration } from "./parse.ts";

type RestartStrategy = NonNullable<StartOptions["restart"]>;

/** By which the delay grows, as Flink's. */
const factor = 1.5;

/** Flink's strategies: `none`, `fixed-delay:3:10s`, `exponential-delay:1s:1m`, `failure-rate:3:5m:10s`. */
export function parseRestart(text: string, option: string): RestartStrategy {
  try {
    return strategyOf(text, option);
  } catch (error) {
    // A number or a duration by itself, as the hint of its own error has it, is no strategy.
    throw refused(messageOf(error), option);
  }
}

function strategyOf(text: string, option: string): RestartStrategy {
  const [kind, ...values] = text.trim().split(":");
  const [first = "", second = "", third = ""] = values;
  switch (`${kind} of ${values.length}`) {
    case "none of 0":
      return { kind: "none" };
    case "fixed-delay of 2":
      return { kind: "fixedDelay", attempts: parseCount(first, option), delayMs: parseDuration(second, option) };
    case "exponential-delay of 2":
      return exponential(parseDuration(first, option), parseDuration(second, option), option);
    case "failure-rate of 3": {
      const [failures, intervalMs, delayMs] = [parseCount(first, option), parseDuration(second, option), parseDuration(third, option)];
      return { kind: "failureRate", failures, intervalMs, delayMs };
    }
    default:
      throw refused(`${option} takes a restart strategy, not ${JSON.stringify(text)}`, option);
  }
}

function exponential(initialDelayMs: number, maxDelayMs: number, option: string): RestartStrategy {
  if (initialDelayMs > maxDelayMs) throw refused(`${option}: the first delay is longer than the longest`, option);
  return { kind: "exponentialDelay", initialDelayMs, maxDelayMs, factor };
}

function refused(message: string, option: string): MillraceError {
  return new MillraceError("COMMAND_ARGUMENT", message, {
    hint: `e.g. ${option} none, ${option} fixed-delay:3:10s, ${option} exponential-delay:1s:1m or ${option} failure-rate:3:5m:10s`,
  });
}
