// Numbers as people read them at a glance; each form has a bounded width.

/** `0`, `7.5`, `640`, `52.1k`, `1.2M`. */
export function rateText(perSecond: number): string {
  if (perSecond === 0) return "0";
  return perSecond < 9.95 ? perSecond.toFixed(1) : shortCount(perSecond);
}

/** `640`, `9,999`, `52.1k`, `1.2M`, `3.4G`. */
export function countText(count: number): string {
  return count < 10_000 ? grouped(count) : shortCount(count);
}

/** `1,204,331`. */
export function grouped(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

function shortCount(count: number): string {
  if (count < 999.5) return String(Math.round(count));
  for (const [index, unit] of ["k", "M", "G", "T"].entries()) {
    const scaled = count / 1000 ** (index + 1);
    if (scaled < 99.95) return `${scaled.toFixed(1)}${unit}`;
    if (scaled < 999.5) return `${Math.round(scaled)}${unit}`;
  }
  return count.toExponential(1);
}

/** `512 B`, `1.2 MB`; powers of 1000. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const text = shortCount(bytes).replace("k", "K");
  return `${text.slice(0, -1)} ${text.slice(-1)}B`;
}

/** `85 ms`, `3 s`, `1m 12s`, `2h 05m`, `3d 04h`, `400 d`, `24 y`. */
export function durationText(ms: number): string {
  if (ms < 0) return `-${durationText(-ms)}`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  const hours = Math.floor(seconds / 3600);
  if (hours < 48) return `${hours}h ${two(Math.floor(seconds / 60) % 60)}m`;
  if (hours < 2_400) return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`;
  return hours < 17_532 ? `${Math.floor(hours / 24)} d` : `${Math.floor(hours / 8_766)} y`;
}

/** `2001-03-02 14:05:00`, UTC; with days alone for years that a Date can't say. */
export function timeText(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? String(ms) : date.toISOString().slice(0, 19).replace("T", " ");
}

export function percentText(share: number): string {
  return `${Math.round(Math.min(1, Math.max(0, share)) * 100)}%`;
}

/** Five cells, full for the share that is busy. */
export function barText(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * 5);
  return "█".repeat(full) + "░".repeat(5 - full);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
