import { type AfterMatchSkip, type ConditionContext, noSkip, Pattern, skipPastLastEvent, skipToFirst, skipToLast, skipToNext } from "@millrace/cep";
import { assert, type Json } from "@millrace/core";
import type { CaseElement } from "./case.ts";

/** What of a spec is used for any stage: names are known only when the case is read. */
type AnyPattern = Pattern<
  CaseElement,
  Readonly<Record<string, readonly CaseElement[]>>,
  Readonly<Record<string, readonly CaseElement[]>>,
  CaseElement
>;
type Call = readonly [method: string, ...rest: Json[]];
type Fields = { readonly [name: string]: Json };

interface Stage {
  readonly how: string;
  readonly name?: string;
  readonly group?: readonly Stage[];
  readonly calls: readonly Call[];
}

/** What is said of a pattern and lost in Flink. */
export interface ForgottenCalls {
  /** `optional()` before a quantifier. */
  readonly optional?: "lost";
  /** `within` on the last stage of a group. */
  readonly groupWithin?: "lost";
}

/** The pattern of a case, by the calls that it lists. */
export function patternOf(spec: Fields, forgotten: ForgottenCalls): AnyPattern {
  const listed = spec.pattern as unknown as readonly Stage[];
  const read = spec.subtypes === true ? listed.map(byClass) : listed;
  const kept = forgotten.groupWithin === "lost" ? read.map(forgetWithin) : read;
  return chain(forgotten.optional === "lost" ? kept.map(forgetOptional) : kept, skipOf(spec.skip as Fields)).unbounded();
}

function forgetWithin(stage: Stage): Stage {
  if (stage.group === undefined) return stage;
  const group = stage.group.map(forgetWithin);
  const last = group.at(-1);
  return last === undefined
    ? stage
    : { ...stage, group: [...group.slice(0, -1), { ...last, calls: last.calls.filter(([method]) => method !== "within") }] };
}

const quantifiers = ["times", "timesBetween", "oneOrMore", "timesOrMore"];

function forgetOptional(stage: Stage): Stage {
  const last = stage.calls.findLastIndex(([method]) => quantifiers.includes(method));
  const calls = stage.calls.filter(([method], index) => method !== "optional" || index > last);
  return { ...stage, calls, ...(stage.group === undefined ? {} : { group: stage.group.map(forgetOptional) }) };
}

/** Conditions that an event has one letter ask for its class. */
function byClass(stage: Stage): Stage {
  const calls = stage.calls.map(([method, ...given]): Call => {
    const letter = method === "where" ? (given[0] as Fields).is : undefined;
    return letter === undefined ? [method, ...given] : ["subtype", letter];
  });
  return { ...stage, calls, ...(stage.group === undefined ? {} : { group: stage.group.map(byClass) }) };
}

/** The events are plain objects: an event is of the class of its letter. */
function classOf(letter: Json | undefined): abstract new () => CaseElement {
  return class implements CaseElement {
    readonly [name: string]: Json | undefined;
    static [Symbol.hasInstance](event: CaseElement): boolean {
      return event.t === letter;
    }
  };
}

function chain(stages: readonly Stage[], skip: AfterMatchSkip): AnyPattern {
  let pattern: AnyPattern | undefined;
  for (const stage of stages) {
    pattern = begun(pattern, stage, skip);
    for (const call of stage.calls) pattern = called(pattern, call);
  }
  assert(pattern !== undefined, "a pattern has a stage");
  return pattern;
}

function begun(pattern: AnyPattern | undefined, { how, name, group }: Stage, skip: AfterMatchSkip): AnyPattern {
  const next = group === undefined ? String(name) : chain(group, noSkip());
  if (pattern === undefined) return Pattern.of<CaseElement>().begin(next as string, skip) as AnyPattern;
  return pattern[how as "next"](next as string) as AnyPattern;
}

function called(pattern: AnyPattern, [method, ...given]: Call): AnyPattern {
  const last = given.at(-1);
  const options = last !== null && typeof last === "object" && "within" in last ? { within: Number(last.within) } : undefined;
  switch (method) {
    case "where":
    case "or":
      return pattern[method](conditionOf(given[0] as Fields)) as AnyPattern;
    case "subtype":
      return pattern.subtype(classOf(given[0])) as AnyPattern;
    case "until":
      return pattern.until(conditionOf(given[0] as Fields));
    case "timesBetween":
      return pattern.times(Number(given[0]), Number(given[1]), options) as AnyPattern;
    case "times":
    case "timesOrMore":
      return pattern[method](Number(given[0]), options) as AnyPattern;
    case "within":
      return pattern.within(Number(given[0]), given[1] as "firstAndLast");
    default:
      return pattern[method as "optional" | "oneOrMore"](options as never) as AnyPattern;
  }
}

function skipOf({ type, name, throwOnMiss }: Fields): AfterMatchSkip {
  const options = { throwOnMiss: throwOnMiss === true };
  switch (type) {
    case "skipToNext":
      return skipToNext();
    case "skipPastLastEvent":
      return skipPastLastEvent();
    case "skipToFirst":
      return skipToFirst(String(name), options);
    case "skipToLast":
      return skipToLast(String(name), options);
    default:
      return noSkip();
  }
}

type Context = ConditionContext<Readonly<Record<string, CaseElement>>>;

/** Conditions that look at earlier events declare their context; the others don't. */
function conditionOf(condition: Fields): (event: CaseElement, context: Context) => boolean {
  return isIterative(condition) ? (event, context) => holds(condition, event, context) : (event: CaseElement) => holds(condition, event, undefined);
}

const iterative = ["sumBelow", "countBelow", "aboveLast"];

function isIterative(condition: Fields): boolean {
  return Object.entries(condition).some(([name, value]) => iterative.includes(name) || (name === "and" && (value as Fields[]).some(isIterative)));
}

function holds(condition: Fields, event: CaseElement, context: Context | undefined): boolean {
  const [kind = "true", given = null] = Object.entries(condition)[0] ?? [];
  const value = Number(event.v);
  const matched = (): readonly CaseElement[] => context?.events(String(given)) ?? [];
  switch (kind) {
    case "is":
      return event.t === given;
    case "in":
      return (given as string[]).includes(String(event.t));
    case "gt":
      return value > Number(given);
    case "lt":
      return value < Number(given);
    case "and":
      return (given as Fields[]).every((part) => holds(part, event, context));
    case "sumBelow":
      return value > matched().reduce((sum, one) => sum + Number(one.v), 0);
    case "countBelow":
      return matched().length < Number(condition.limit);
    case "aboveLast":
      return matched().length === 0 || value > Number(matched().at(-1)?.v);
    default:
      return true;
  }
}
