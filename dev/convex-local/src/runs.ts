import type { JSONValue } from "convex/values";

import type { Caller } from "./caller";
import { aCall, type Call } from "./executions";
import type { Host, Outcome } from "./host";
import type { ReadSet } from "./reads";
import type { Snapshot } from "./snapshots";

/** A query that a client subscribes to. */
export type Query = { path: string; args: JSONValue; journal: string | null };

/** What one run of a query gave. `text` is the outcome as text, to compare it with another run's. */
export type Run = { outcome: Outcome; text: string; reads: ReadSet; call: Call };

/** Runs queries on snapshots: equal queries of equal callers run once on each, however many clients subscribe. */
export class Runs {
  constructor(private readonly host: Host) {}

  async run(snapshot: Snapshot, query: Query, caller: Caller): Promise<Run> {
    const { path, args, journal } = query;
    const key = JSON.stringify([path, args, journal, caller.kind === "user" ? caller.identity : caller.kind]);
    const run = snapshot.runs.get(key) ?? this.#execute(snapshot, query, caller);
    snapshot.runs.set(key, run);
    return await run;
  }

  async #execute(snapshot: Snapshot, { path, args, journal }: Query, caller: Caller): Promise<Run> {
    const reads: ReadSet = [];
    const call = aCall({ journal });
    const run = () => this.host.call("query", path, args, caller, call);
    const outcome = await this.host.reads.record(reads, snapshot, run);
    return { outcome, text: JSON.stringify(outcome), reads, call };
  }
}
