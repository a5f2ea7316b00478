import { expect, test } from "vitest";

import { nextRun, type CronSchedule } from "../../../dev/convex-local/src/cron-times";

test.each<[string, CronSchedule, string, string]>([
  ["every 90 s", { type: "interval", seconds: 90 }, "2026-01-31T23:59:30Z", "2026-02-01T00:01:00Z"],
  ["every 2 h", { type: "interval", hours: 2 }, "2026-01-31T23:00:00Z", "2026-02-01T01:00:00Z"],
  ["hourly, later this hour", { type: "hourly", minuteUTC: 30 }, "2026-01-31T23:29:59Z", "2026-01-31T23:30:00Z"],
  ["hourly, next hour", { type: "hourly", minuteUTC: 30 }, "2026-01-31T23:30:00Z", "2026-02-01T00:30:00Z"],
  ["daily, today", { type: "daily", hourUTC: 3, minuteUTC: 17 }, "2026-02-28T03:16:59Z", "2026-02-28T03:17:00Z"],
  ["daily, tomorrow", { type: "daily", hourUTC: 3, minuteUTC: 17 }, "2026-02-28T03:17:00Z", "2026-03-01T03:17:00Z"],
  ["weekly", { type: "weekly", dayOfWeek: "monday", hourUTC: 1 }, "2026-02-02T01:00:00Z", "2026-02-09T01:00:00Z"],
  [
    "monthly, where there is such a day",
    { type: "monthly", day: 31, hourUTC: 0 },
    "2026-01-31T00:00:00Z",
    "2026-03-31T00:00:00Z",
  ],
])("%s", (_what, schedule, after, expected) => {
  expect(new Date(nextRun(schedule, Date.parse(after)))).toEqual(new Date(expected));
});

test("a cron expression is refused by name", () => {
  expect(() => nextRun({ type: "cron", cron: "0 * * * *" }, 0)).toThrow(/not in convex-local: cron expressions/);
});
