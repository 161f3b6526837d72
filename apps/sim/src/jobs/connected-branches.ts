import { type Collector, outputTag, sliding, tumbling } from "millrace";
import { type Branch, exactly } from "./branch.ts";
import { codecs, grouped, intervals, isEven, isLow, joined, meets, sensorOf, shown, startOf, versioned } from "./join-branches.ts";
import { type Reading, readingCodec, show } from "./reading.ts";

const lateLeft = outputTag<Reading>("lateLeft");
const lateRight = outputTag<Reading>("lateRight");
const lateVersion = outputTag<Reading>("lateVersion");

function splits(input: readonly Reading[]): readonly [evens: readonly Reading[], lows: readonly Reading[]] {
  return [input.filter(isEven), input.filter(isLow)];
}

/** Whether a low reading takes its sensor's version away. */
const isDeletion = ({ value }: Reading): boolean => value % 3 === 0;

/** Further ways of two inputs: functions without keys, the other outer joins, several results for a pair, late sides. */
export const connectedBranches: readonly Branch[] = [
  {
    name: "coMap",
    severalWays: true,
    ordered: false,
    build: (all) => [
      all
        .rescale()
        .connect(all.filter(isLow).forward())
        .map(
          (one) => `coMap first ${show(one)}`,
          (one) => `coMap second ${show(one)}`,
        ),
      all
        .keyBy(sensorOf)
        .connect(all.filter(isEven).keyBy(sensorOf))
        .map(
          (one) => `coMap third ${show(one)}`,
          (one) => `coMap fourth ${show(one)}`,
        ),
    ],
    judge: exactly("coMap", (input) => [
      ...input.flatMap((one) => [`coMap first ${show(one)}`, `coMap third ${show(one)}`]),
      ...input.filter(isLow).map((one) => `coMap second ${show(one)}`),
      ...input.filter(isEven).map((one) => `coMap fourth ${show(one)}`),
    ]),
  },
  {
    name: "coUnkeyed",
    severalWays: true,
    ordered: false,
    build: (all) => [
      all.connect(all.filter(isLow)).flatMap(
        (one) => (isEven(one) ? [`coUnkeyed even ${show(one)}`] : []),
        (one) => [`coUnkeyed low ${show(one)}`],
      ),
      all.connect(all.filter(isLow)).process({
        processElement1: (one, _context, out: Collector<string>) => out.collect(`coUnkeyed one ${show(one)}`),
        processElement2: (one, _context, out) => out.collect(`coUnkeyed two ${show(one)}`),
      }),
      all
        .connect(all.filter(isEven))
        .keyBy(sensorOf, sensorOf)
        .flatMap(
          () => [],
          (one) => [`coUnkeyed keyed ${show(one)}`],
        ),
    ],
    judge: exactly("coUnkeyed", (input) => [
      ...input.map((one) => `coUnkeyed one ${show(one)}`),
      ...input.filter(isEven).flatMap((one) => [`coUnkeyed even ${show(one)}`, `coUnkeyed keyed ${show(one)}`]),
      ...input.filter(isLow).flatMap((one) => [`coUnkeyed low ${show(one)}`, `coUnkeyed two ${show(one)}`]),
    ]),
  },
  {
    name: "intervalLeft",
    severalWays: true,
    ordered: false,
    build: (all) => {
      const pairs = intervals(all)
        .leftOuter()
        .lateLeftTo(lateLeft)
        .select((left, right) => `intervalLeft ${show(left)} ${shown(right)}`, { uid: "intervalLeft", ...codecs });
      return [pairs, pairs.sideOutput(lateLeft).map((one) => `intervalLeft late ${show(one)}`)];
    },
    judge: exactly("intervalLeft", (input) => {
      const [evens, lows] = splits(input);
      return evens.flatMap((a) => {
        const partners = lows.filter((b) => meets(a, b));
        return partners.length === 0 ? [`intervalLeft ${show(a)} -`] : partners.map((b) => `intervalLeft ${show(a)} ${show(b)}`);
      });
    }),
  },
  {
    name: "intervalRight",
    severalWays: true,
    ordered: false,
    build: (all) => {
      const pairs = intervals(all)
        .rightOuter()
        .lateRightTo(lateRight)
        .process((left, right, _context, out: Collector<string>) => out.collect(`intervalRight ${shown(left)} ${show(right)}`), {
          uid: "intervalRight",
          ...codecs,
        });
      return [pairs, pairs.sideOutput(lateRight).map((one) => `intervalRight late ${show(one)}`)];
    },
    judge: exactly("intervalRight", (input) => {
      const [evens, lows] = splits(input);
      return lows.flatMap((b) => {
        const partners = evens.filter((a) => meets(a, b));
        return partners.length === 0 ? [`intervalRight - ${show(b)}`] : partners.map((a) => `intervalRight ${show(a)} ${show(b)}`);
      });
    }),
  },
  {
    name: "versions",
    severalWays: true,
    ordered: true,
    build: (all) => {
      const pairs = versioned(all)
        .unbounded()
        .deletedWhen(isDeletion)
        .lateTo(lateLeft)
        .lateVersionsTo(lateVersion)
        .process((left, version, _context, out: Collector<string>) => out.collect(`versions ${show(left)} ${show(version)}`), {
          uid: "versions",
          left: readingCodec,
          version: readingCodec,
        });
      const late = [lateLeft, lateVersion].map((tag) => pairs.sideOutput(tag).map((one) => `versions late ${show(one)}`));
      return [pairs, ...late];
    },
    judge: exactly("versions", (input) => {
      const [evens, lows] = splits(input);
      return evens.flatMap((one) => {
        const versions = lows.filter((other) => other.sensor === one.sensor && other.at <= one.at);
        // Of one time the last that came.
        const version = versions.reduce<Reading | undefined>((best, other) => (best === undefined || other.at >= best.at ? other : best), undefined);
        return version === undefined || isDeletion(version) ? [] : [`versions ${show(one)} ${show(version)}`];
      });
    }),
  },
  {
    name: "windowPairs",
    severalWays: true,
    ordered: false,
    build: (all) => [
      joined(all)
        .window(sliding(200, 100))
        .flatApply((left, right, { window }) => (left.value > right.value ? [`windowPairs ${window.start} ${show(left)} ${show(right)}`] : []), {
          uid: "windowPairs",
          ...codecs,
        }),
      grouped(all)
        .window(tumbling(150))
        .flatApply((left, right, { window }) => (right.length === 0 ? left.map((one) => `windowPairs alone ${window.start} ${show(one)}`) : []), {
          uid: "windowAlone",
          ...codecs,
        }),
    ],
    judge: exactly("windowPairs", (input) => {
      const [evens, lows] = splits(input);
      const windowsOf = ({ at }: Reading): readonly number[] => [startOf(at, 100), startOf(at, 100) - 100];
      const pairs = evens.flatMap((a) =>
        lows
          .filter((b) => a.sensor === b.sensor && a.value > b.value)
          .flatMap((b) => windowsOf(a).flatMap((start) => (windowsOf(b).includes(start) ? [`windowPairs ${start} ${show(a)} ${show(b)}`] : []))),
      );
      const alone = evens
        .filter((a) => !lows.some((b) => a.sensor === b.sensor && startOf(a.at, 150) === startOf(b.at, 150)))
        .map((a) => `windowPairs alone ${startOf(a.at, 150)} ${show(a)}`);
      return [...pairs, ...alone];
    }),
  },
];
