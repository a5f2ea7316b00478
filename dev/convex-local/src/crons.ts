import type { JSONValue } from "convex/values";

import { nextRun, type CronSchedule } from "./cron-times";
import { messageOf } from "./errors";
import type { Functions } from "./functions";
import type { Host } from "./host";

/** A job of `crons.ts`. */
type Job = { name: string; args: JSONValue[]; schedule: CronSchedule };

/** What is known of a job between runs of the server. Written by this class only. */
type Row = { _id: string; job: string; schedule: string; nextTime: number };

const TABLE = "_cron_jobs";
const CHECK_MS = 1_000;

/**
 * Runs the jobs of `crons.ts`. When each is due next is a row, so a job that was due while the server was stopped runs
 * once after the start. As in Convex, an interval begins with the first start, and a job never runs twice at once.
 */
export class Crons {
  readonly #running = new Set<string>();

  private constructor(
    private readonly host: Host,
    private readonly jobs: Record<string, Job>,
  ) {}

  static async start(host: Host, functions: Functions): Promise<void> {
    const defined = (await functions.defaultOf("crons")) as { crons: Record<string, Job> } | undefined;
    const crons = new Crons(host, defined?.crons ?? {});
    await crons.#register();
    setInterval(() => crons.#runDue(), CHECK_MS).unref();
  }

  /** Adds rows for new and changed jobs, and removes those of jobs that are gone. */
  async #register(): Promise<void> {
    const now = Date.now();
    const known = new Map(this.#rows().map((row) => [row.job, row]));
    const isCurrent = ({ job, schedule }: Row) => JSON.stringify(this.jobs[job]?.schedule) === schedule;
    await this.host.write((database) => {
      for (const row of known.values()) {
        if (!isCurrent(row)) {
          database.delete(TABLE, row._id);
          known.delete(row.job);
        }
      }
      for (const [job, { schedule }] of Object.entries(this.jobs).filter(([name]) => !known.has(name))) {
        const next = nextRun(schedule, now);
        const nextTime = schedule.type === "interval" ? now : next;
        database.insert(TABLE, { job, schedule: JSON.stringify(schedule), nextTime });
      }
    });
  }

  #runDue(): void {
    const now = Date.now();
    for (const row of this.#rows().filter(({ job, nextTime }) => nextTime <= now && !this.#running.has(job))) {
      this.#running.add(row.job);
      this.#run(row, now)
        .catch((error: unknown) => console.error(`the cron job "${row.job}" is tried again: ${messageOf(error)}`))
        .finally(() => this.#running.delete(row.job));
    }
  }

  async #run({ _id, job }: Row, now: number): Promise<void> {
    const defined = this.jobs[job];
    if (!defined) {
      return;
    }
    const { name, args, schedule } = defined;
    const outcome = await this.host.call("any", name, args[0] ?? {}, { kind: "admin" });
    if (!outcome.ok) {
      console.error(`the cron job "${job}" failed: ${outcome.message}`);
    }
    const nextTime = nextRun(schedule, now);
    await this.host.write((database) => database.patch(TABLE, _id, { nextTime }));
  }

  #rows(): Row[] {
    const rows = Object.entries(this.host.database._documents).filter(([id]) => id.endsWith(TABLE));
    return rows.map(([, row]) => row as unknown as Row);
  }
}
