import { ANONYMOUS, assertNotExpired, AuthenticationError, type Caller } from "./caller";
import { decodeTimestamp, encodeTimestamp, type Clock } from "./clock";
import { messageOf, ProtocolError } from "./errors";
import { aCall } from "./executions";
import type { Host } from "./host";
import type { Identities } from "./identities";
import type { ClientMessage, QueryChange, ServerMessage, Version } from "./protocol";
import { touches, type Change, type ReadSet } from "./reads";
import type { Replies } from "./replies";
import { changeOf, encodeVersion, responseOf } from "./responses";
import { Runs, type Query } from "./runs";

type Of<T extends ClientMessage["type"]> = Extract<ClientMessage, { type: T }>;

/** A query that a client subscribes to, what it read when it last ran, and the result that was sent. */
type Subscription = Query & { last?: { reads: ReadSet; text: string } };

/** The parts of the version, besides the time, that a transition changes. */
type Step = { querySet?: number; identity?: number };

export type Services = { host: Host; clock: Clock; identities: Identities; replies: Replies };

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
  #id = "";
  #ended = false;
  #pending = 0;
  /** Messages are handled one after another, in the order of arrival. */
  #queue: Promise<void> = Promise.resolve();
  readonly #subscriptions = new Map<number, Subscription>();

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

  /** Sends what a commit changed for this client. Called while nothing is written. */
  async refresh(committed: Change[], runs: Runs): Promise<void> {
    await this.#guard(async () => {
      const isStale = ({ last }: Subscription) => last === undefined || touches(committed, last.reads);
      const modifications = await this.#changes(isStale, runs);
      if (modifications.length > 0) {
        this.#transition({}, modifications);
      }
    });
  }

  /** Ends the session: later messages and commits have no effect. */
  end(): void {
    this.#ended = true;
    this.#subscriptions.clear();
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
    this.#caller = await this.services.identities.ofToken(tokenType, value ?? "");
    await this.#advance({ identity: baseVersion + 1 }, [], () => true);
  }

  async #modifyQuerySet({ baseVersion, newVersion, modifications }: Of<"ModifyQuerySet">): Promise<void> {
    if (baseVersion !== this.#version.querySet) {
      throw new ProtocolError(`the query set is at version ${this.#version.querySet}, not ${baseVersion}`);
    }
    const removed: QueryChange[] = [];
    for (const change of modifications) {
      if (change.type === "Add") {
        const { queryId, udfPath: path, args, journal = null } = change;
        this.#subscriptions.set(queryId, { path, args: args?.[0] ?? {}, journal });
      } else {
        this.#subscriptions.delete(change.queryId);
        removed.push({ type: "QueryRemoved", queryId: change.queryId });
      }
    }
    if (this.#subscriptions.size > MAX_QUERIES) {
      throw new ProtocolError(`a connection may subscribe to ${MAX_QUERIES} queries at most`);
    }
    await this.#advance({ querySet: newVersion }, removed, ({ last }) => last === undefined);
  }

  /** Clients wait for a transition later than their mutation, also after a failed one (the Python client for ever). */
  async #mutate({ requestId, udfPath, args }: Of<"Mutation">): Promise<void> {
    assertNotExpired(this.#caller);
    const { host, clock, replies } = this.services;
    const call = aCall();
    const run = () => host.call("mutation", udfPath, args?.[0] ?? {}, this.#caller, call);
    const outcome = await replies.once(`${this.#id}/${requestId}`, run);
    await host.transactions.still(() => {
      const ts = encodeTimestamp(clock.next());
      this.connection.send(responseOf("MutationResponse", requestId, outcome, { ...call, ts }));
      this.#transition({}, []);
    });
  }

  async #act({ requestId, udfPath, args }: Of<"Action">): Promise<void> {
    assertNotExpired(this.#caller);
    const call = aCall();
    const outcome = await this.services.host.call("action", udfPath, args?.[0] ?? {}, this.#caller, call);
    this.connection.send(responseOf("ActionResponse", requestId, outcome, call));
  }

  async #advance(to: Step, removed: QueryChange[], isStale: (subscription: Subscription) => boolean): Promise<void> {
    const { host } = this.services;
    await host.transactions.still(async () => {
      this.#transition(to, [...removed, ...(await this.#changes(isStale, new Runs(host)))]);
    });
  }

  #transition(to: Step, modifications: QueryChange[]): void {
    const start = this.#version;
    this.#version = { ...start, ...to, ts: this.services.clock.next() };
    const [startVersion, endVersion] = [encodeVersion(start), encodeVersion(this.#version)];
    this.connection.send({ type: "Transition", startVersion, endVersion, modifications });
  }

  /** Runs the stale queries again and returns those whose result differs from what was sent. */
  async #changes(isStale: (subscription: Subscription) => boolean, runs: Runs): Promise<QueryChange[]> {
    const changes: QueryChange[] = [];
    const stale = [...this.#subscriptions].filter(([, each]) => isStale(each));
    if (stale.length > 0) {
      assertNotExpired(this.#caller);
    }
    for (const [queryId, subscription] of stale) {
      const { outcome, text, reads, call } = await runs.run(subscription, this.#caller);
      if (text !== subscription.last?.text) {
        changes.push(changeOf(queryId, outcome, call));
      }
      subscription.last = { reads, text };
      subscription.journal = call.journal;
    }
    return changes;
  }
}
