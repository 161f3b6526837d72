import type { Json } from "@millrace/core";
import type { Chance } from "@millrace/sim";
import { type Fields, type Widening, withSpec } from "./widening.ts";

interface Stage {
  readonly how: string;
  readonly name?: string;
  readonly group?: readonly Stage[];
  readonly calls: readonly Call[];
}
type Call = readonly [method: string, ...rest: Json[]];

const quantifiers = ["times", "timesBetween", "oneOrMore", "timesOrMore"];

/** Calls that the draw makes seldom or never together: on groups and within them, in any number. */
export const otherCalls: Widening = (program, chance) => {
  const stages = stagesOf(program.spec);
  const names = namesOf(stages);
  return withStages(
    program.spec,
    program,
    withCalls(stages, (stage) => called(stage, names, chance)),
  );
};

/** Groups in groups; the draw makes groups of stages alone. */
export const nestedGroups: Widening = (program, chance) => {
  const grouped = (stages: readonly Stage[]): readonly Stage[] => {
    const from = chance.below(stages.length);
    const [first, ...others] = stages.slice(from, from + chance.between(1, 3));
    if (first === undefined || first.how.startsWith("not")) return stages;
    const calls: Call[] = chance.oneIn(2) ? [quantifier(chance)] : [];
    const group: Stage = { how: first.how, group: [{ ...first, how: "begin" }, ...others], calls };
    return stages.toSpliced(from, others.length + 1, group);
  };
  const within = (stages: readonly Stage[]): readonly Stage[] =>
    stages.map((stage) => (stage.group === undefined ? stage : { ...stage, group: grouped(stage.group) }));
  const stages = stagesOf(program.spec);
  return withStages(program.spec, program, within(stages.some(({ group }) => group !== undefined) ? stages : grouped(stages)));
};

/** Here a condition on an event's letter asks for its class. */
export const subtypes: Widening = (program) => withSpec(program, { subtypes: true });

/** Every way to skip, to a stage of any group. */
export const otherSkips: Widening = (program, chance) => {
  const type = chance.pick(["skipToNext", "skipPastLastEvent", "skipToFirst", "skipToLast"]);
  const name = chance.pick(namesOf(stagesOf(program.spec)));
  return withSpec(program, {
    skip: type.startsWith("skipTo") && type !== "skipToNext" ? { type, name, ...(chance.oneIn(3) ? { throwOnMiss: true } : {}) } : { type },
  });
};

function called(stage: Stage, names: readonly string[], chance: Chance): readonly Call[] {
  const calls = [...stage.calls];
  const loops = calls.some(([method]) => quantifiers.includes(method));
  if (!loops && chance.oneIn(3)) calls.push(quantifier(chance));
  if (chance.oneIn(5)) calls.push(["optional"]);
  if (loops && chance.oneIn(4)) calls.push(["greedy"]);
  if (loops && chance.oneIn(4)) calls.push([chance.pick(["consecutive", "allowCombinations"])]);
  if (loops && chance.oneIn(5)) calls.push(["until", conditionOn(names, chance)]);
  if (chance.oneIn(8)) calls.push(["within", chance.between(1, 30), chance.pick(["previousAndCurrent", "firstAndLast"])]);
  if (stage.group === undefined && chance.oneIn(8)) calls.push([chance.pick(["where", "or"]), conditionOn(names, chance)]);
  return calls;
}

function quantifier(chance: Chance): Call {
  const method = chance.pick(quantifiers);
  const count = chance.oneIn(20) ? 0 : chance.between(1, 4);
  const gap: Json[] = chance.oneIn(8) ? [{ within: chance.between(1, 12) }] : [];
  if (method === "oneOrMore") return [method, ...gap];
  return method === "timesBetween" ? [method, chance.between(0, 3), count, ...gap] : [method, count, ...gap];
}

/** Of any stage's events so far, also of one that comes later. */
function conditionOn(names: readonly string[], chance: Chance): Json {
  const name = chance.pick(names);
  const limit = chance.between(1, 3);
  return chance.pick<Json>([
    { sumBelow: name },
    { countBelow: name, limit },
    { aboveLast: name },
    { is: chance.pick(["a", "b", "c", "d"]) },
    { gt: 5 },
  ]);
}

function stagesOf(spec: Fields): readonly Stage[] {
  return spec.pattern as unknown as readonly Stage[];
}

function withStages<P extends { readonly spec: Fields }>(spec: Fields, program: P, stages: readonly Stage[]): P {
  return { ...program, spec: { ...spec, pattern: stages as unknown as Json } };
}

function withCalls(stages: readonly Stage[], change: (stage: Stage) => readonly Call[]): readonly Stage[] {
  return stages.map((stage) => ({ ...stage, calls: change(stage), ...(stage.group === undefined ? {} : { group: withCalls(stage.group, change) }) }));
}

function namesOf(stages: readonly Stage[]): readonly string[] {
  return stages.flatMap(({ name, group }) => (group === undefined ? [name ?? ""] : namesOf(group)));
}
