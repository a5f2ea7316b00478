import { NotInConvexLocal } from "./errors";

/** When a cron job runs, as `cronJobs()` of `convex/server` describes it. */
export type CronSchedule =
  | { type: "interval"; seconds?: number; minutes?: number; hours?: number }
  | { type: "hourly"; minuteUTC?: number }
  | { type: "daily"; hourUTC: number; minuteUTC?: number }
  | { type: "weekly"; dayOfWeek: string; hourUTC: number; minuteUTC?: number }
  | { type: "monthly"; day: number; hourUTC: number; minuteUTC?: number }
  | { type: "cron"; cron: string };

const MINUTE = 60_000;
const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** The first time after `after` at which a job is due; both in milliseconds since 1970. */
export function nextRun(schedule: CronSchedule, after: number): number {
  switch (schedule.type) {
    case "interval": {
      const { seconds = 0, minutes = 0, hours = 0 } = schedule;
      return after + (seconds + 60 * minutes + 3_600 * hours) * 1_000;
    }
    case "hourly":
      return firstMinute(after, (time) => time.getUTCMinutes() === (schedule.minuteUTC ?? 0), MINUTE);
    case "daily":
      return firstMinute(after, () => true, 24 * 60 * MINUTE, schedule);
    case "weekly":
      return firstMinute(after, (day) => DAYS[day.getUTCDay()] === schedule.dayOfWeek, 24 * 60 * MINUTE, schedule);
    case "monthly":
      return firstMinute(after, (day) => day.getUTCDate() === schedule.day, 24 * 60 * MINUTE, schedule);
    case "cron":
      throw new NotInConvexLocal(
        `cron expressions ("${schedule.cron}"): use interval, hourly, daily, weekly or monthly`,
      );
  }
}

/** Steps through the minutes, or through the days at one time of day, to the first one that fits. */
function firstMinute(
  after: number,
  fits: (time: Date) => boolean,
  step: number,
  { hourUTC = 0, minuteUTC = 0 }: { hourUTC?: number; minuteUTC?: number } = {},
): number {
  const offset = step === MINUTE ? 0 : (hourUTC * 60 + minuteUTC) * MINUTE;
  let time = Math.floor((after - offset) / step) * step + offset + step;
  while (!fits(new Date(time))) {
    time += step;
  }
  return time;
}
