import { randomUUID } from "node:crypto";

import { ANONYMOUS, assertNotExpired, AuthenticationError, type Caller } from "./caller";
import { decodeTimestamp, encodeTimestamp, type Clock } from "./clock";
import { messageOf, ProtocolError } from "./errors";
import { aCall } from "./executions";
import type { Host } from "./host";
import type { Identities } from "./identities";
import { Pass, type Subscription } from "./pass";
import type { ClientMessage, QueryChange, QuerySetChange, ServerMessage, Version } from "./protocol";
import { touches, type Change } from "./reads";
import type { Replies } from "./replies";
import { encodeVersion, responseOf } from "./responses";
import type { Runs } from "./runs";
import type { Turns } from "./turns";

type Of<T extends ClientMessage["type"]> = Extract<ClientMessage, { type: T }>;

/** The parts of the version, besides the time, that a transition changes. */
type Step = { querySet?: number; identity?: number };

/** What a client requested and the next transition answers. `apply` returns changes of the query set. */
type Request = { to: Step; apply: () => QueryChange[]; done: () => void };

/** A transition for which queries run. `isOwed`: the client waits for it, even if it changes nothing. */
type Due = { pass: Pass; ts: bigint; isOwed: boolean; request: Request | undefined };

export type Services = {
  host: Host;
  clock: Clock;
  identities: Identities;
  replies: Replies;
  runs: Runs;
  turns: Turns;
};

/** A client's end of the connection. `close` ends it; the client then reconnects, unless it got a FatalError. */
export type Connection = { send: (message: ServerMessage) => void; close: (reason: string) => void };

/** The most queries that one connection may subscribe to. */
const MAX_QUERIES = 1_000;

/** The most messages of one connection that may wait, or run as actions. */
const MAX_PENDING = 1_000;

/** One WebSocket connection: what the client subscribes to, as whom, and which version of it the client has. */
export class Session {
  #version: Version<bigint> = { querySet: 0, identity: 0, ts: 0n };
  #caller: Caller = ANONYMOUS;
  /** Names the client's mutations; a client that sends no Connect shares it with no other. */
  #id: string = randomUUID();
  #ended = false;
  #pending = 0;
  /** Messages are handled one after another, in the order of arrival. */
  #queue: Promise<void> = Promise.resolve();
  readonly #subscriptions = new Map<number, Subscription>();
  /** What was committed since the queries last ran: one change for each row. */
  #committed = new Map<string, Change>();
  #request: Request | undefined;
  /** Set after a mutation, until the transition that shows its effect begins. */
  #isOwed = false;
  #due: Due | undefined;

  constructor(
    private readonly services: Services,
    private readonly connection: Connection,
  ) {}

  /** Handles a message. A fault of the client, or of the server, ends this connection only. */
  receive(read: () => ClientMessage): void {
    if (this.#ended) {
      return;
    }
    this.#pending += 1;
    if (this.#pending > MAX_PENDING) {
      this.#fail(new ProtocolError(`more than ${MAX_PENDING} messages are waiting`));
      return;
    }
    this.#queue = this.#queue.then(async () => {
      await this.#guard(() => this.#handle(read()));
      this.#pending -= 1;
    });
  }

  /** Notes a commit; the queries that it touches run again in the client's next turn. */
  committed(changes: Change[]): void {
    if (this.#subscriptions.size === 0 && !this.#due) {
      return;
    }
    for (const change of changes) {
      const before = (this.#committed.get(change.id) ?? change).before;
      this.#committed.set(change.id, { ...change, before });
    }
    this.services.turns.request(this);
  }

  /** Runs stale queries for about `milliseconds`, and sends what changed when all have run; see `Client`. */
  async refresh(milliseconds: number): Promise<boolean> {
    await this.#guard(async () => {
      const due = (this.#due ??= this.#begin());
      if ((await due.pass.run(milliseconds)) && this.#due === due) {
        this.#transition(due);
      }
    });
    const hasWork = this.#due !== undefined || this.#request !== undefined || this.#isOwed;
    return !this.#ended && (hasWork || this.#committed.size > 0);
  }

  /** Ends the session: later messages and commits have no effect. */
  end(): void {
    this.#ended = true;
    this.#subscriptions.clear();
    this.#committed.clear();
    this.#request?.done();
    this.#close();
  }

  /** Does a piece of work for the client, unless the session has ended. Never throws. */
  async #guard(work: () => Promise<void>): Promise<void> {
    if (this.#ended) {
      return;
    }
    try {
      await work();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** As in Convex, a client gets a FatalError for its own faults only: it does not reconnect after one. */
  #fail(error: unknown): void {
    this.end();
    if (error instanceof AuthenticationError) {
      const authUpdateAttempted = error.code !== "TokenExpired";
      const baseVersion = this.#version.identity;
      this.connection.send({ type: "AuthError", error: error.message, baseVersion, authUpdateAttempted });
    } else if (error instanceof ProtocolError) {
      this.connection.send({ type: "FatalError", error: error.message });
    } else {
      console.error("a connection ended", error);
    }
    this.connection.close(messageOf(error));
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
        this.#pending += 1;
        void this.#guard(() => this.#act(message)).finally(() => (this.#pending -= 1));
        return;
      case "Event":
        return;
    }
  }

  /** Refuses a client that saw a later state than this server has: it would be sent back in time. */
  #connect({ sessionId, maxObservedTimestamp }: Of<"Connect">): void {
    this.#id = sessionId;
    const observed = decodeTimestamp(maxObservedTimestamp ?? encodeTimestamp(0n));
    if (observed > this.services.clock.latest()) {
      throw new Error(`the client has seen timestamp ${String(observed)}, which is later than the server's clock`);
    }
  }

  async #authenticate({ tokenType, value, baseVersion }: Of<"Authenticate">): Promise<void> {
    if (baseVersion !== this.#version.identity) {
      throw new ProtocolError(`the identity is at version ${this.#version.identity}, not ${baseVersion}`);
    }
    const caller = await this.services.identities.ofToken(tokenType, value ?? "");
    await this.#advance({ identity: baseVersion + 1 }, () => {
      this.#caller = caller;
      this.#subscriptions.forEach((subscription) => (subscription.isStale = true));
      return [];
    });
  }

  async #modifyQuerySet({ baseVersion, newVersion, modifications }: Of<"ModifyQuerySet">): Promise<void> {
    if (baseVersion !== this.#version.querySet) {
      throw new ProtocolError(`the query set is at version ${this.#version.querySet}, not ${baseVersion}`);
    }
    await this.#advance({ querySet: newVersion }, () => {
      const removed = modifications.flatMap((change) => this.#modify(change));
      if (this.#subscriptions.size > MAX_QUERIES) {
        throw new ProtocolError(`a connection may subscribe to ${MAX_QUERIES} queries at most`);
      }
      return removed;
    });
  }

  #modify(change: QuerySetChange): QueryChange[] {
    if (change.type === "Remove") {
      this.#subscriptions.delete(change.queryId);
      return [{ type: "QueryRemoved", queryId: change.queryId }];
    }
    const { queryId, udfPath: path, args, journal = null } = change;
    this.#subscriptions.set(queryId, { path, args: args?.[0] ?? {}, journal, isStale: true });
    return [];
  }

  /** Clients wait for a transition later than their mutation, also after a failed one (the Python client for ever). */
  async #mutate({ requestId, udfPath, args }: Of<"Mutation">): Promise<void> {
    assertNotExpired(this.#caller);
    const { host, clock, replies, turns } = this.services;
    const call = aCall();
    const run = () => host.call("mutation", udfPath, args?.[0] ?? {}, this.#caller, call);
    const outcome = await replies.once(`${this.#id}/${requestId}`, run);
    this.connection.send(
      responseOf("MutationResponse", requestId, outcome, { ...call, ts: encodeTimestamp(clock.next()) }),
    );
    this.#isOwed = true;
    turns.request(this);
  }

  async #act({ requestId, udfPath, args }: Of<"Action">): Promise<void> {
    assertNotExpired(this.#caller);
    const call = aCall();
    const outcome = await this.services.host.call("action", udfPath, args?.[0] ?? {}, this.#caller, call);
    this.connection.send(responseOf("ActionResponse", requestId, outcome, call));
  }

  /** Waits until the transition was sent that applies a request. */
  async #advance(to: Step, apply: () => QueryChange[]): Promise<void> {
    await new Promise<void>((done) => {
      this.#request = { to, apply, done };
      this.services.turns.request(this);
    });
  }

  /** Begins a transition to the present state. Its time is taken here: later mutations are not in it. */
  #begin(): Due {
    const { host, runs, clock } = this.services;
    const [request, isOwed] = [this.#request, this.#isOwed];
    const removed = request?.apply() ?? [];
    const stale = this.#stale([...this.#committed.values()]);
    this.#request = undefined;
    this.#isOwed = false;
    this.#committed = new Map();
    const pass = new Pass(runs, host.snapshots.open(), this.#caller, stale, removed);
    return { pass, ts: clock.next(), isOwed, request };
  }

  *#stale(committed: Change[]): Iterator<[number, Subscription], undefined> {
    for (const [queryId, subscription] of this.#subscriptions) {
      if (subscription.isStale || touches(committed, subscription.reads ?? [])) {
        yield [queryId, subscription];
      }
    }
  }

  #transition({ pass: { changes: modifications }, ts, isOwed, request }: Due): void {
    if (request || isOwed || modifications.length > 0) {
      const start = this.#version;
      this.#version = { ...start, ...request?.to, ts };
      const [startVersion, endVersion] = [encodeVersion(start), encodeVersion(this.#version)];
      this.connection.send({ type: "Transition", startVersion, endVersion, modifications });
    }
    this.#close();
  }

  /** Ends the work on a transition. */
  #close(): void {
    if (this.#due) {
      this.services.host.snapshots.close(this.#due.pass.snapshot);
      this.#due.request?.done();
    }
    this.#due = undefined;
  }
}
