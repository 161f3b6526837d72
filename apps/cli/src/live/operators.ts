import type { JobStatus, OperatorStatus } from "@millrace/host";
import type { Paint, Style } from "../paint.ts";
import { type Column, tableLines } from "../table.ts";
import { cutText, oneLine, textWidth } from "../text-width.ts";
import type { OperatorRates } from "./rates.ts";
import { skewOf } from "./skew.ts";
import type { LiveSnapshot } from "./snapshot.ts";
import { barText, countText, durationText, percentText, rateText, timeText } from "./units.ts";

interface Row {
  readonly status: JobStatus;
  readonly operator: OperatorStatus;
  readonly rates: OperatorRates | undefined;
}

interface LiveColumn {
  readonly title: string;
  readonly width: number;
  readonly align: "left" | "right";
  /** Of columns that don't fit, those with the least go first. */
  readonly worth: number;
  /** Absent: always. */
  readonly shown?: (status: JobStatus) => boolean;
  readonly cell: (row: Row) => string;
  readonly style?: (row: Row) => Style | undefined;
}

const nothing = "–";
const nameWidthMin = 12;
const nameWidthMax = 40;
const gap = 2;

const columns: readonly LiveColumn[] = [
  {
    title: "in/s",
    width: 6,
    align: "right",
    worth: 9,
    cell: ({ operator, rates }) => (operator.kind === "source" ? nothing : rate(rates?.inPerSecond)),
  },
  {
    title: "out/s",
    width: 6,
    align: "right",
    worth: 10,
    cell: ({ operator, rates }) => (operator.kind === "sink" ? nothing : rate(rates?.outPerSecond)),
  },
  {
    title: "records",
    width: 8,
    align: "right",
    worth: 4,
    cell: ({ operator }) => countText(operator.kind === "source" ? operator.recordsOut : operator.recordsIn),
  },
  {
    title: "watermark",
    width: 19,
    align: "left",
    worth: 5,
    cell: watermarkCell,
    style: (row) => (Number.isFinite(row.operator.watermark) ? undefined : "dim"),
  },
  { title: "lag", width: 7, align: "right", worth: 6, cell: lagCell },
  {
    title: "busy",
    width: 10,
    align: "left",
    worth: 7,
    cell: ({ rates }) => (rates === undefined ? nothing : `${barText(rates.busyShare)} ${percentText(rates.busyShare)}`),
    style: ({ rates }) => level(rates?.busyShare, 0.9, 2),
  },
  {
    title: "pressure",
    width: 8,
    align: "right",
    worth: 8,
    cell: ({ rates }) => (rates === undefined ? nothing : percentText(rates.backPressuredShare)),
    style: ({ rates }) => level(rates?.backPressuredShare, 0.1, 0.5),
  },
  {
    title: "skew",
    width: 5,
    align: "right",
    worth: 3.5,
    shown: ({ operators }) => operators.some((operator) => operator.bySubtask !== undefined),
    cell: ({ operator }) => skewText(skewOf(operator)),
    style: ({ operator }) => level(skewOf(operator), 1.5, 3),
  },
  {
    title: "late",
    width: 6,
    align: "right",
    worth: 3,
    cell: ({ operator }) => lateCell(operator),
    style: ({ operator }) => (operator.lateDropped > 0 ? "yellow" : undefined),
  },
  {
    title: "skipped",
    width: 7,
    align: "right",
    worth: 3.2,
    shown: ({ operators }) => operators.some(({ skipped = 0 }) => skipped > 0),
    cell: ({ operator: { skipped = 0 } }) => (skipped === 0 ? nothing : countText(skipped)),
    style: () => "yellow",
  },
];

/** The operators' table, at most `height` lines of at most `width` characters, titles included. */
export function operatorLines({ status, rates }: LiveSnapshot, width: number, height: number, paint: Paint): string[] {
  const names = status.operators.map((operator) => textWidth(oneLine(operator.name)));
  const wanted = Math.min(nameWidthMax, Math.max(nameWidthMin, ...names));
  const shown = fitting(
    width,
    wanted,
    columns.filter((column) => column.shown?.(status) ?? true),
  );
  const used = shown.reduce((sum, column) => sum + column.width + gap, 0);
  const nameWidth = Math.max(1, Math.min(wanted, width - used));
  const fits = status.operators.length <= height - 1;
  const visible = fits ? status.operators : status.operators.slice(0, Math.max(0, height - 2));
  const head: Column[] = [{ title: paint("dim", cutText("operator", nameWidth)), width: nameWidth }];
  for (const { title, align, width: columnWidth } of shown) head.push({ title: paint("dim", title), align, width: columnWidth });
  const lines = tableLines(
    head,
    visible.map((operator) => cellsOf({ status, operator, rates: rates.get(operator.uid) }, shown, nameWidth, paint)),
  );
  if (!fits) lines.push(paint("dim", cutText(`… and ${status.operators.length - visible.length} more`, width)));
  return lines.slice(0, Math.max(0, height));
}

function cellsOf(row: Row, shown: readonly LiveColumn[], nameWidth: number, paint: Paint): string[] {
  const cells = shown.map(({ cell, style }) => {
    const text = cell(row);
    const name = text === nothing ? "dim" : style?.(row);
    return name === undefined ? text : paint(name, text);
  });
  return [cutText(oneLine(row.operator.name), nameWidth), ...cells];
}

/** The worthiest columns that leave the names their width. */
function fitting(width: number, nameWidth: number, wanted: readonly LiveColumn[]): readonly LiveColumn[] {
  let room = width - Math.min(nameWidth, Math.max(nameWidthMin, Math.floor(width / 3)));
  const chosen = new Set<LiveColumn>();
  for (const column of [...wanted].sort((a, b) => b.worth - a.worth)) {
    if (column.width + gap > room) break;
    room -= column.width + gap;
    chosen.add(column);
  }
  return wanted.filter((column) => chosen.has(column));
}

function rate(perSecond: number | undefined): string {
  return perSecond === undefined ? nothing : rateText(perSecond);
}

function watermarkCell({ operator: { watermark } }: Row): string {
  if (watermark === undefined) return nothing;
  if (watermark === Number.POSITIVE_INFINITY) return "end";
  return watermark === Number.NEGATIVE_INFINITY ? "none yet" : timeText(watermark);
}

function lagCell({ status, operator: { watermark } }: Row): string {
  return watermark === undefined || !Number.isFinite(watermark) ? nothing : durationText(Math.max(0, status.nowMs - watermark));
}

function skewText(skew: number | undefined): string {
  return skew === undefined ? nothing : `${skew.toFixed(1)}×`;
}

function lateCell({ lateDropped, lateSide }: OperatorStatus): string {
  return lateDropped + lateSide === 0 ? nothing : countText(lateDropped + lateSide);
}

function level(share: number | undefined, yellowFrom: number, redFrom: number): Style | undefined {
  if (share === undefined || share < yellowFrom) return undefined;
  return share < redFrom ? "yellow" : "red";
}
