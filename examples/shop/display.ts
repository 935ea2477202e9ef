import { clearScreenDown, moveCursor } from "node:readline";
import { summarize } from "./statistics.js";
import type { Sample } from "./traffic.js";

const columns = ["", "requests", "share v1", "share v2", "success", "p50", "p99"] as const;
const widths = [26, 9, 9, 9, 9, 10, 10];

const line = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(" ");
const percent = (part: number, whole: number): string =>
  whole === 0 ? "–" : `${((100 * part) / whole).toFixed(1)} %`;
const milliseconds = (time: number): string => (Number.isNaN(time) ? "–" : `${time.toFixed(1)} ms`);

function row(title: string, samples: readonly Sample[]): string {
  const { requests, failures, versions, p50, p99 } = summarize(samples);
  const answered = requests - failures;
  return line([
    title,
    String(requests),
    percent(versions.v1 ?? 0, answered),
    percent(versions.v2 ?? 0, answered),
    percent(answered, requests),
    milliseconds(p50),
    milliseconds(p99),
  ]);
}

/** Where a run tells what it does: lines that stay, and below them, on a terminal, a table that is drawn anew. */
export class Display {
  #live = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly out: NodeJS.WriteStream = process.stdout) {}

  say(text = ""): void {
    this.#erase();
    this.out.write(`${text}\n`);
  }

  header(): void {
    this.say(line(columns));
  }

  row(title: string, samples: readonly Sample[]): void {
    this.say(row(title, samples));
  }

  /** Shows the last second of traffic, four times a second, until `settle`. Nothing where output is no terminal. */
  follow(title: string, samples: () => readonly Sample[]): void {
    if (!this.out.isTTY) return;
    this.#timer = setInterval(() => {
      this.#erase();
      const recent = samples().filter(({ sent, took }) => sent + took > performance.now() - 1000);
      this.out.write(`${row(`${title} (live)`, recent)}\n`);
      this.#live = 1;
    }, 250);
  }

  settle(): void {
    clearInterval(this.#timer);
    this.#erase();
  }

  #erase(): void {
    if (this.#live === 0) return;
    moveCursor(this.out, 0, -this.#live);
    clearScreenDown(this.out);
    this.#live = 0;
  }
}
