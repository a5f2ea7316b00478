import { AsyncResource } from "node:async_hooks";

import type { GenericDocument } from "convex/server";
import { convexToJson, getConvexSize, jsonToConvex, type JSONValue, type Value } from "convex/values";

import { messageOf, NotInConvexLocal } from "./errors";
import type { Functions } from "./functions";
import type { Host, Outcome } from "./host";

/** A row of Convex's own table of scheduled functions. */
type Scheduled = { _id: string; name: string; args: Value[]; scheduledTime: number; completedTime?: number } & {
  state: { kind: "pending" | "inProgress" | "success" | "failed" | "canceled" };
};

const TABLE = "_scheduled_functions";

/** Node.js runs a timer that is longer than this at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The wait before a run that failed through no fault of the function, such as a full disk, is tried again. */
const RETRY_MS = 1_000;

/** As in Convex, results of scheduled functions are kept for a week. */
const KEPT_MS = 7 * 24 * 3_600_000;
const SWEEP_MS = 3_600_000;

/**
 * Runs scheduled functions when they are due, from the rows of their table: the rows survive a restart, timers do not.
 * As in Convex, a mutation that a restart interrupted runs again, an action does not.
 */
export class Schedule {
  /** The scope outside every transaction: a timer must not inherit the one that scheduled it. */
  readonly #outside = new AsyncResource("convex-local schedule");

  constructor(
    private readonly host: Host,
    private readonly functions: Functions,
  ) {
    host.internals.asyncSyscall = this.#intercept(host.internals.asyncSyscall);
    host.transactions.onCommit((changes) => {
      const pending = changes.filter(({ id, before, after }) => isScheduled(id) && after !== null && before === null);
      pending.forEach(({ after }) => this.#arm(after as GenericDocument & Scheduled));
    });
  }

  /** Takes up the rows of the last run. */
  async start(): Promise<void> {
    for (const row of this.#rows()) {
      if (row.state.kind === "pending") {
        this.#arm(row);
      } else if (row.state.kind === "inProgress") {
        await this.#resume(row);
      }
    }
    await this.#sweep();
    setInterval(() => void this.#sweep(), SWEEP_MS).unref();
  }

  /** Inserts the row only: convex-test would start a timer, also for a transaction that is rolled back. */
  #intercept(asyncSyscall: Host["internals"]["asyncSyscall"]): Host["internals"]["asyncSyscall"] {
    return async (op, json) => {
      if (op !== "1.0/schedule") {
        return await asyncSyscall(op, json);
      }
      this.host.executions.assertRunning();
      const { name, args, ts } = JSON.parse(json) as { name?: string; args: JSONValue; ts: number };
      if (name === undefined) {
        throw new NotInConvexLocal("scheduling by function handle");
      }
      const values = jsonToConvex(args);
      this.host.internals.transactionManager.getMetricsTracker()?.trackScheduledFunction(getConvexSize(values));
      const row = { name, args: [values], scheduledTime: ts * 1_000, state: { kind: "pending" } };
      return JSON.stringify(this.host.database.insert(TABLE, row));
    };
  }

  #arm(row: Scheduled): void {
    this.#outside.runInAsyncScope(() => {
      const wait = Math.min(Math.max(0, row.scheduledTime - Date.now()), MAX_TIMER_MS);
      setTimeout(() => (row.scheduledTime > Date.now() + 1 ? this.#arm(row) : this.#start(row)), wait).unref();
    });
  }

  #start(row: Scheduled): void {
    this.#run(row).catch((error: unknown) => {
      console.error(`the scheduled function ${row.name} could not run and is tried again: ${messageOf(error)}`);
      setTimeout(() => this.#start(row), RETRY_MS).unref();
    });
  }

  async #run({ _id, name, args }: Scheduled): Promise<void> {
    const kind = this.#row(_id)?.state.kind;
    if (kind === "pending") {
      await this.#patch(_id, "pending", { kind: "inProgress" });
    } else if (kind !== "inProgress") {
      return;
    }
    const outcome = await this.host.call("any", name, convexToJson(args[0] ?? {}), { kind: "admin" });
    if (!outcome.ok) {
      console.error(`the scheduled function ${name} failed: ${outcome.message}`);
    }
    await this.#patch(_id, "inProgress", stateOf(outcome), Date.now());
  }

  async #resume(row: Scheduled): Promise<void> {
    if ((await this.functions.kindOf(row.name, true)) === "mutation") {
      this.#arm(row);
    } else {
      const error = "convex-local restarted while the action ran";
      await this.#patch(row._id, "inProgress", { kind: "failed", error }, Date.now());
    }
  }

  /** Writes the state of a row, unless the row left the expected state meanwhile: it may have been canceled. */
  async #patch(id: string, expected: string, state: object, completedTime?: number): Promise<void> {
    await this.host.write((database) => {
      if (this.#row(id)?.state.kind === expected) {
        database.patch(TABLE, id, { state, ...(completedTime !== undefined && { completedTime }) });
      }
    });
  }

  /** Removes old results, and those without a time, which earlier versions wrote. */
  async #sweep(): Promise<void> {
    const isOver = ({ state: { kind } }: Scheduled) => kind !== "pending" && kind !== "inProgress";
    const limit = Date.now() - KEPT_MS;
    const isOld = (row: Scheduled) => isOver(row) && (row.completedTime ?? row.scheduledTime) < limit;
    try {
      const old = this.#rows().filter(isOld);
      await this.host.write((database) => old.forEach(({ _id }) => database.delete(TABLE, _id)));
    } catch (error) {
      console.error(`old results of scheduled functions could not be removed: ${messageOf(error)}`);
    }
  }

  #row(id: string): Scheduled | undefined {
    return this.host.database._documents[id] as (GenericDocument & Scheduled) | undefined;
  }

  #rows(): Scheduled[] {
    const rows = Object.entries(this.host.database._documents).filter(([id]) => isScheduled(id));
    return rows.map(([, row]) => row as GenericDocument & Scheduled);
  }
}

function stateOf(outcome: Outcome): object {
  return outcome.ok ? { kind: "success" } : { kind: "failed", error: outcome.message };
}

function isScheduled(id: string): boolean {
  return id.endsWith(TABLE);
}
