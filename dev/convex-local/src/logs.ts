import { inspect } from "node:util";

/** Convex's own limit for the lines that one call returns. */
const MAX_LINES = 256;
const MAX_LINE_LENGTH = 32 * 1024;

const LEVELS = { debug: "DEBUG", error: "ERROR", info: "INFO", log: "LOG", trace: "TRACE", warn: "WARN" } as const;

/** A console for one function: its lines go to the caller, in Convex's format, and to the server's standard error. */
export function capturing(lines: string[], name: string): Console {
  const write = (level: string, values: unknown[]) => {
    const line = `[${level}] ${values.map((value) => inspect(value)).join(" ")}`.slice(0, MAX_LINE_LENGTH);
    process.stderr.write(`${name} ${line}\n`);
    if (lines.length < MAX_LINES) {
      lines.push(line);
    }
  };
  const methods = Object.entries(LEVELS).map(([method, level]) => [
    method,
    (...values: unknown[]) => write(level, values),
  ]);
  return Object.assign(Object.create(console) as Console, Object.fromEntries(methods) as Partial<Console>);
}
