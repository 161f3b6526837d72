import { mix } from "./mix.ts";

export const FIRST_NAMES = ["Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"];
export const LAST_NAMES = ["Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"];
export const CITIES = ["Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle", "Kent", "Cheyenne"];
export const STATES = ["AZ", "CA", "ID", "OR", "WA", "WY"];

const HOT_CHANNELS = ["Google", "Facebook", "Baidu", "Apple"];
const ORDINARY_CHANNELS = 10_000;
const POOL_SIZE = 8_192;
const LONGEST_SLICE = 512;

// None of these texts depends on the seed.
const pool = makePool();

/** Ordinary channels first, then the four hot ones; `urls` goes by the same index. */
export const channels: readonly string[] = Array.from({ length: ORDINARY_CHANNELS + HOT_CHANNELS.length }, (_, index) =>
  index < ORDINARY_CHANNELS ? `channel-${index}` : (HOT_CHANNELS[index - ORDINARY_CHANNELS] as string),
);
export const urls: readonly string[] = channels.map((_, index) => urlOf(index));

/** A piece of the pool. `length` is at most 512. */
export function slice(draw: number, length: number): string {
  const at = (draw >>> 8) & (POOL_SIZE - 1);
  return pool.substring(at, at + length);
}

export function letters(draw: number, count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) text += letter((mix(draw + i) >>> 1) % 26);
  return text;
}

function makePool(): string {
  let text = "";
  for (let i = 0; i < POOL_SIZE + LONGEST_SLICE; i++) {
    const drawn = (mix(i + 0x51ed27) >>> 1) % 28;
    text += drawn < 26 ? letter(drawn) : " ";
  }
  return flat(text);
}

function urlOf(index: number): string {
  const draw = ((index << 4) + 0x2545f491) | 0;
  const path = [letters(draw, 5), letters(draw + 5, 5), letters(draw + 10, 5)].join("/");
  const hasId = index < ORDINARY_CHANNELS && index % 10 !== 0;
  return flat(`https://www.nexmark.com/${path}/item.htm?query=1${hasId ? `&channel_id=${mix(draw + 15) >>> 1}` : ""}`);
}

function letter(index: number): string {
  return String.fromCharCode(97 + index);
}

/** A string that was put together is a tree of its parts; a flat one is cut and read faster. */
function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}
