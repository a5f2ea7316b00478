import { assertNotExpired, type Caller } from "./caller";
import type { QueryChange } from "./protocol";
import type { ReadSet } from "./reads";
import { changeOf } from "./responses";
import type { Query, Runs } from "./runs";
import type { Snapshot } from "./snapshots";

/** A query that a client subscribes to, what it read when it last ran, and the result that was sent. */
export type Subscription = Query & { isStale: boolean; reads?: ReadSet; text?: string };

/** The most time that the queries of one client may take for one state of the database, without those of others. */
const MAX_PASS_MS = 60_000;

/** Runs the stale queries of one client on one snapshot. What they changed is sent together, so it fits together. */
export class Pass {
  #spent = 0;

  /** `changes` are those of the client's query set; the results that changed are added to them. */
  constructor(
    private readonly runs: Runs,
    readonly snapshot: Snapshot,
    private readonly caller: Caller,
    private readonly stale: Iterator<[number, Subscription], unknown>,
    readonly changes: QueryChange[],
  ) {}

  /** Runs queries for about `milliseconds`, at least one; returns whether all have run. */
  async run(milliseconds: number): Promise<boolean> {
    const start = performance.now();
    const spent = () => performance.now() - start;
    do {
      const next = this.stale.next();
      if (next.done) {
        return true;
      }
      await this.#run(...next.value);
    } while (spent() < milliseconds);
    this.#spent += spent();
    if (this.#spent > MAX_PASS_MS) {
      throw new Error(`the queries of one connection took longer than ${MAX_PASS_MS / 1_000} s: subscribe to fewer`);
    }
    return false;
  }

  async #run(queryId: number, subscription: Subscription): Promise<void> {
    assertNotExpired(this.caller);
    const { outcome, text, reads, call } = await this.runs.run(this.snapshot, subscription, this.caller);
    if (text !== subscription.text) {
      this.changes.push(changeOf(queryId, outcome, call));
    }
    Object.assign(subscription, { isStale: false, reads, text, journal: call.journal });
  }
}
