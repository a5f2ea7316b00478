import type { JSONValue } from "convex/values";

import { NOBODY, type Caller } from "./caller";
import { decodeTimestamp, encodeTimestamp, type Clock } from "./clock";
import type { Host, Outcome } from "./host";
import type { Identities } from "./identities";
import type { ClientMessage, QueryChange, ServerMessage, Version } from "./protocol";
import { touches, type Change, type ReadSet } from "./reads";
import type { Replies } from "./replies";

type Of<T extends ClientMessage["type"]> = Extract<ClientMessage, { type: T }>;

/** A query that a client subscribes to, what it read when it last ran, and the result that was sent. */
type Subscription = { path: string; args: JSONValue; last?: { reads: ReadSet; sent: string } };

/** What a transition moves beside the time. */
type Step = { querySet?: number; identity?: number };

export type Services = { host: Host; clock: Clock; identities: Identities; replies: Replies };

/** One WebSocket connection: what the client subscribes to, as whom, and how far it has been brought up to date. */
export class Session {
  #version: Version<bigint> = { querySet: 0, identity: 0, ts: 0n };
  #caller: Caller = NOBODY;
  #id = "";
  /** Messages are handled one after another, in the order of arrival. */
  #queue: Promise<void> = Promise.resolve();
  readonly #subscriptions = new Map<number, Subscription>();

  constructor(
    private readonly services: Services,
    private readonly send: (message: ServerMessage) => void,
  ) {}

  /** Takes a message in. A message that breaks the protocol ends the connection with a FatalError. */
  receive(message: ClientMessage): void {
    const turn = this.#queue.then(() => this.#handle(message));
    this.#queue = turn.catch((error: unknown) => {
      console.error("sync session failed", error);
      this.send({ type: "FatalError", error: error instanceof Error ? error.message : String(error) });
    });
  }

  /** Sends what a commit changed for this client. Called while the database stands still. */
  async refresh(committed: Change[]): Promise<void> {
    const modifications = await this.#changes(({ last }) => last === undefined || touches(committed, last.reads));
    if (modifications.length > 0) {
      this.#transition({}, modifications);
    }
  }

  async #handle(message: ClientMessage): Promise<void> {
    switch (message.type) {
      case "Connect":
        this.#connect(message);
        return;
      case "Authenticate":
        await this.#authenticate(message);
        return;
      case "ModifyQuerySet":
        await this.#modifyQuerySet(message);
        return;
      case "Mutation":
        await this.#mutate(message);
        return;
      case "Action":
        void this.#act(message);
        return;
      case "Event":
        return;
      default:
        throw new Error(`unknown message ${JSON.stringify(message)}`);
    }
  }

  #connect({ sessionId, maxObservedTimestamp }: Of<"Connect">): void {
    this.#id = sessionId;
    if (maxObservedTimestamp !== undefined) {
      this.services.clock.observe(decodeTimestamp(maxObservedTimestamp));
    }
  }

  async #authenticate({ tokenType, value, baseVersion }: Of<"Authenticate">): Promise<void> {
    try {
      this.#caller = await this.services.identities.ofToken(tokenType, value ?? "");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.send({ type: "AuthError", error: reason, baseVersion, authUpdateAttempted: true });
      return;
    }
    await this.#advance({ identity: baseVersion + 1 }, [], () => true);
  }

  async #modifyQuerySet({ baseVersion, newVersion, modifications }: Of<"ModifyQuerySet">): Promise<void> {
    if (baseVersion !== this.#version.querySet) {
      throw new Error(`the query set is at version ${this.#version.querySet}, not ${baseVersion}`);
    }
    const removed: QueryChange[] = [];
    for (const change of modifications) {
      if (change.type === "Add") {
        this.#subscriptions.set(change.queryId, { path: change.udfPath, args: change.args?.[0] ?? {} });
      } else {
        this.#subscriptions.delete(change.queryId);
        removed.push({ type: "QueryRemoved", queryId: change.queryId });
      }
    }
    await this.#advance({ querySet: newVersion }, removed, ({ last }) => last === undefined);
  }

  /** Clients wait for a transition later than their mutation, also after a failed one (the Python client for ever). */
  async #mutate({ requestId, udfPath, args }: Of<"Mutation">): Promise<void> {
    const { host, clock, replies } = this.services;
    const run = () => host.call("mutation", udfPath, args?.[0] ?? {}, this.#caller);
    const outcome = await replies.once(`${this.#id}/${requestId}`, run);
    await host.transactions.still(() => {
      this.#respond("MutationResponse", requestId, outcome, { ts: encodeTimestamp(clock.next()) });
      this.#transition({}, []);
    });
  }

  async #act({ requestId, udfPath, args }: Of<"Action">): Promise<void> {
    const outcome = await this.services.host.call("action", udfPath, args?.[0] ?? {}, this.#caller);
    this.#respond("ActionResponse", requestId, outcome, {});
  }

  #respond(type: "MutationResponse" | "ActionResponse", requestId: number, outcome: Outcome, extra: { ts?: string }) {
    const response = outcome.ok
      ? { type, requestId, success: true, result: outcome.value, logLines: [], ...extra }
      : { type, requestId, success: false, result: outcome.message, logLines: [], ...errorData(outcome.data) };
    this.send(response as ServerMessage);
  }

  async #advance(to: Step, removed: QueryChange[], isStale: (subscription: Subscription) => boolean): Promise<void> {
    await this.services.host.transactions.still(async () => {
      this.#transition(to, [...removed, ...(await this.#changes(isStale))]);
    });
  }

  #transition(to: Step, modifications: QueryChange[]): void {
    const start = this.#version;
    this.#version = { ...start, ...to, ts: this.services.clock.next() };
    const [startVersion, endVersion] = [encodeVersion(start), encodeVersion(this.#version)];
    this.send({ type: "Transition", startVersion, endVersion, modifications });
  }

  /** Runs the stale queries again and returns those whose result differs from what was sent. */
  async #changes(isStale: (subscription: Subscription) => boolean): Promise<QueryChange[]> {
    const changes: QueryChange[] = [];
    for (const [queryId, subscription] of [...this.#subscriptions].filter(([, each]) => isStale(each))) {
      const { path, args, last } = subscription;
      const reads: ReadSet = [];
      const run = () => this.services.host.call("query", path, args, this.#caller);
      const outcome = await this.services.host.reads.record(reads, run);
      const sent = JSON.stringify(outcome);
      subscription.last = { reads, sent };
      if (sent !== last?.sent) {
        changes.push(changeOf(queryId, outcome));
      }
    }
    return changes;
  }
}

function encodeVersion(version: Version<bigint>): Version<string> {
  return { ...version, ts: encodeTimestamp(version.ts) };
}

function changeOf(queryId: number, outcome: Outcome): QueryChange {
  const common = { queryId, logLines: [] as [], journal: null };
  return outcome.ok
    ? { type: "QueryUpdated", value: outcome.value, ...common }
    : { type: "QueryFailed", errorMessage: outcome.message, ...errorData(outcome.data), ...common };
}

function errorData(data: JSONValue | undefined): { errorData?: JSONValue } {
  return data === undefined ? {} : { errorData: data };
}
