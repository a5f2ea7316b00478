import type { JSONValue } from "convex/values";

import type { Caller } from "./caller";
import { aCall, type Call } from "./executions";
import type { Host, Outcome } from "./host";
import type { ReadSet } from "./reads";

/** A query that a client subscribes to. */
export type Query = { path: string; args: JSONValue; journal: string | null };

/** What one run of a query gave. `text` is the outcome as text, to compare it with another run's. */
export type Run = { outcome: Outcome; text: string; reads: ReadSet; call: Call };

/** Runs queries on one committed state: equal queries of equal callers run once, however many clients subscribe. */
export class Runs {
  readonly #known = new Map<string, Promise<Run>>();

  constructor(private readonly host: Host) {}

  async run(query: Query, caller: Caller): Promise<Run> {
    const { path, args, journal } = query;
    const key = JSON.stringify([path, args, journal, caller.kind === "user" ? caller.identity : caller.kind]);
    const run = this.#known.get(key) ?? this.#execute(query, caller);
    this.#known.set(key, run);
    return await run;
  }

  async #execute({ path, args, journal }: Query, caller: Caller): Promise<Run> {
    const reads: ReadSet = [];
    const call = aCall({ journal });
    const run = () => this.host.call("query", path, args, caller, call);
    const outcome = await this.host.reads.record(reads, run);
    return { outcome, text: JSON.stringify(outcome), reads, call };
  }
}
