import type { ChurnPoint } from "./churn.ts";

const width = 640;
const height = 360;
const left = 70;
const bottom = 310;
const colours = ["#1b6ca8", "#c8553d"];

/** Bytes of a checkpoint over the share of keys that changed, a line for each number of keys; both axes logarithmic. */
export function churnPlot(points: readonly ChurnPoint[]): string {
  const sizes = [...new Set(points.map(({ keys }) => keys))];
  const x = (churn: number): number => left + ((Math.log10(churn) + 3) / 3) * (width - left - 30);
  const y = (bytes: number): number => bottom - ((Math.log10(Math.max(bytes, 1e3)) - 3) / 6) * (bottom - 40);
  const lines = sizes.map((keys, index) => {
    const line = points.filter((point) => point.keys === keys);
    const colour = colours[index % colours.length];
    const path = line.map(({ churn, bytes }) => `${x(churn).toFixed(1)},${y(bytes).toFixed(1)}`).join(" ");
    const dots = line.map(({ churn, bytes }) => `<circle cx="${x(churn).toFixed(1)}" cy="${y(bytes).toFixed(1)}" r="4" fill="${colour}"/>`).join("");
    const label = `<text x="${left + 15}" y="${55 + index * 20}" fill="${colour}">${keys / 1e6} million keys</text>`;
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}${label}`;
  });
  const ticksX = [0.001, 0.01, 0.1, 1].map(
    (churn) =>
      `<text x="${x(churn)}" y="${bottom + 20}" text-anchor="middle">${churn * 100} %</text><line x1="${x(churn)}" x2="${x(churn)}" y1="40" y2="${bottom}" stroke="#ddd"/>`,
  );
  const ticksY = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9].map(
    (bytes) =>
      `<text x="${left - 8}" y="${y(bytes) + 4}" text-anchor="end">${bytes >= 1e6 ? `${bytes / 1e6} MB` : `${bytes / 1e3} KB`}</text><line x1="${left}" x2="${width - 30}" y1="${y(bytes)}" y2="${y(bytes)}" stroke="#ddd"/>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<rect width="${width}" height="${height}" fill="white"/>
<text x="${width / 2}" y="22" text-anchor="middle" font-size="14">Bytes of a checkpoint follow churn</text>
${[...ticksX, ...ticksY, ...lines].join("\n")}
<text x="${width / 2}" y="${height - 10}" text-anchor="middle">keys changed since the checkpoint before</text>
</svg>
`;
}
