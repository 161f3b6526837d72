export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
}

const [WIDTH, HEIGHT, PANEL, MARGIN] = [720, 60, 150, 90];
const colors = ["#1f6f8b", "#b5541c", "#4d7c2a", "#7a3e8e", "#8a6d1a", "#444444"];

/** One panel for each series, one below the other: the count on a logarithmic axis, the figure on a linear one from 0. */
export function plot(title: string, unit: string, all: readonly Series[]): string {
  const series = all.map((one) => ({ ...one, points: one.points.filter(([, y]) => Number.isFinite(y)) })).filter(({ points }) => points.length > 1);
  const height = HEIGHT + series.length * PANEL;
  const panels = series.map((one, index) => panel(one, HEIGHT + index * PANEL, colors[index % colors.length] as string));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${height}" fill="white"/>
<text x="${MARGIN}" y="24" font-size="15">${escaped(title)}</text>
<text x="${MARGIN}" y="42" fill="#666">against ${escaped(unit)}, logarithmic</text>
${panels.join("\n")}
</svg>
`;
}

function panel({ name, points }: Series, top: number, color: string): string {
  const xs = points.map(([x]) => Math.log(x));
  const [least, most] = [Math.min(...xs), Math.max(...xs)];
  const highest = Math.max(...points.map(([, y]) => y)) * 1.15 || 1;
  const [inner, base] = [PANEL - 50, top + PANEL - 30];
  const place = ([x, y]: readonly [number, number]): readonly [number, number] => [
    MARGIN + ((Math.log(x) - least) / (most - least || 1)) * (WIDTH - MARGIN - 60),
    base - (y / highest) * inner,
  ];
  const marks = points.map((point) => {
    const [x, y] = place(point).map((at) => at.toFixed(1)) as [string, string];
    return `<circle cx="${x}" cy="${y}" r="3" fill="${color}"/><text x="${x}" y="${Number(y) - 8}" text-anchor="middle">${short(point[1])}</text><text x="${x}" y="${base + 16}" text-anchor="middle" fill="#666">${short(point[0])}</text>`;
  });
  const path = points
    .map((point) =>
      place(point)
        .map((at) => at.toFixed(1))
        .join(","),
    )
    .join(" ");
  return `<text x="${MARGIN}" y="${top + 4}" fill="${color}">${escaped(name)}</text>
<line x1="${MARGIN - 10}" y1="${base}" x2="${WIDTH - 40}" y2="${base}" stroke="#bbb"/>
<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.5"/>
${marks.join("\n")}`;
}

/** 1234567 is 1.2M. */
export function short(value: number): string {
  for (const [limit, suffix] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e3, "k"],
  ] as const) {
    if (value >= limit) return `${Number((value / limit).toPrecision(3))}${suffix}`;
  }
  return String(Number(value.toPrecision(3)));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
