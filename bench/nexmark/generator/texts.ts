import { high, low, mix } from "./mix.ts";

const FIRST_NAMES = ["Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"];
const LAST_NAMES = ["Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"];
export const CITIES = ["Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle", "Kent", "Cheyenne"];
export const STATES = ["AZ", "CA", "ID", "OR", "WA", "WY"];

const HOT_CHANNELS = ["Google", "Facebook", "Baidu", "Apple"];
const ORDINARY_CHANNELS = 10_000;
const POOL_SIZE = 8_192;
const LONGEST_SLICE = 512;
const A = 97;

// None of these texts depends on the seed.
const pool = makePool();
const names = FIRST_NAMES.flatMap((first) => LAST_NAMES.map((last) => `${first} ${last}`));
/** The numbers of four digits, and with a blank behind. */
const fours = Array.from({ length: 9_000 }, (_, index) => String(1_000 + index));
const foursAndBlank = fours.map((four) => flat(`${four} `));

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

export function nameText(draw: number): string {
  return names[high(draw, FIRST_NAMES.length) * LAST_NAMES.length + low(draw, LAST_NAMES.length)] as string;
}

/** Seven letters before the @, five behind it. Each made at once: joining as many strings of one letter takes many times as long. */
export function emailText(a: number, b: number): string {
  const user = String.fromCharCode(code(a), code(a + 1), code(a + 2), code(a + 3), code(a + 4), code(a + 5), code(a + 6));
  return `${user}@${String.fromCharCode(code(b), code(b + 1), code(b + 2), code(b + 3), code(b + 4))}.com`;
}

/** Four groups of four digits. */
export function cardText(a: number, b: number): string {
  const front = (foursAndBlank[high(a, 9_000)] as string) + (foursAndBlank[low(a, 9_000)] as string);
  return front + ((foursAndBlank[high(b, 9_000)] as string) + (fours[low(b, 9_000)] as string));
}

function letters(draw: number, count: number): string {
  let text = "";
  for (let i = 0; i < count; i++) text += String.fromCharCode(code(draw + i));
  return text;
}

/** Of a letter. */
function code(draw: number): number {
  return A + ((mix(draw) >>> 1) % 26);
}

function makePool(): string {
  let text = "";
  for (let i = 0; i < POOL_SIZE + LONGEST_SLICE; i++) {
    const drawn = (mix(i + 0x51ed27) >>> 1) % 28;
    text += drawn < 26 ? String.fromCharCode(A + drawn) : " ";
  }
  return flat(text);
}

function urlOf(index: number): string {
  const draw = ((index << 4) + 0x2545f491) | 0;
  const path = [letters(draw, 5), letters(draw + 5, 5), letters(draw + 10, 5)].join("/");
  const hasId = index < ORDINARY_CHANNELS && index % 10 !== 0;
  return flat(`https://www.nexmark.com/${path}/item.htm?query=1${hasId ? `&channel_id=${mix(draw + 15) >>> 1}` : ""}`);
}

/** A string that was put together is a tree of its parts; a flat one is cut and read faster. */
function flat(text: string): string {
  return Buffer.from(text, "latin1").toString("latin1");
}
