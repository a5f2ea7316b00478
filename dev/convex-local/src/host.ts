import { convexTest } from "convex-test";
import { makeFunctionReference, type GenericSchema, type SchemaDefinition } from "convex/server";
import { convexToJson, jsonToConvex, type JSONValue, type Value } from "convex/values";

import type { Caller } from "./caller";
import { messageOf, NotInConvexLocal, Unavailable } from "./errors";
import { aCall, type Executions } from "./executions";
import { canonical, type Functions, type Kind } from "./functions";
import { internalsOf, type Database, type Internals } from "./internals";
import { pinPages } from "./journals";
import { ReadRecorder } from "./reads";
import { refuseMissing } from "./refusals";
import { Snapshots } from "./snapshots";
import { Transactions } from "./transactions";

/** The result of a call. `data` is what a ConvexError carried. */
export type Outcome = { ok: true; value: JSONValue } | { ok: false; message: string; data?: JSONValue };

type Backend = ReturnType<typeof convexTest<GenericSchema>>;

/** Runs the project's own functions in this process, on convex-test's in-memory database. */
export class Host {
  private constructor(
    private readonly functions: Functions,
    readonly executions: Executions,
    readonly backend: Backend,
    readonly internals: Internals,
    readonly transactions: Transactions,
    readonly reads: ReadRecorder,
    readonly snapshots: Snapshots,
  ) {}

  static async start(functions: Functions, executions: Executions): Promise<Host> {
    const schema = (await functions.defaultOf("schema")) as SchemaDefinition<GenericSchema, boolean> | undefined;
    const backend = convexTest({ ...(schema && { schema }), modules: functions.modules, transactionLimits: true });
    const internals = await internalsOf(() => backend.run(() => Promise.resolve(null)));
    executions.guard(internals);
    refuseMissing(internals);
    const { db } = internals.components[""];
    // Ids name VideoJobs, which outlive this process: a new database must not use them again.
    db._nextDocId = Date.now();
    pinPages(db, executions);
    const transactions = new Transactions(internals, executions);
    const snapshots = new Snapshots();
    transactions.onCommit((changes) => snapshots.committed(changes));
    return new Host(functions, executions, backend, internals, transactions, new ReadRecorder(db), snapshots);
  }

  get database(): Database {
    return this.internals.components[""].db;
  }

  /** Calls a function by name. Errors of the function are in the outcome; throws `Unavailable` only. */
  async call(kind: Kind | "any", name: string, args: JSONValue, caller: Caller, call = aCall()): Promise<Outcome> {
    const reference = canonical(name);
    try {
      if (reference.startsWith("_system/")) {
        throw new NotInConvexLocal(`the system function ${reference}, which the command line and the dashboard call`);
      }
      const actual = await this.functions.kindOf(reference, caller.kind === "admin");
      if (actual === null) {
        throw new Error(`Could not find public function for '${name}'.`);
      }
      if (kind !== "any" && kind !== actual) {
        throw new Error(`Trying to execute ${name} as ${kind}, but it is defined as ${actual}.`);
      }
      const run = () => this.#run(actual, reference, jsonToConvex(args), caller);
      const value = await this.executions.inCall(call, run);
      return { ok: true, value: convexToJson(value ?? null) };
    } catch (error) {
      return failed(error);
    }
  }

  /** Writes system tables, in a transaction of its own; throws `Unavailable`. */
  async write(work: (database: Database) => void): Promise<void> {
    await this.backend.run(() => {
      work(this.database);
      return Promise.resolve(null);
    });
  }

  /** Answers a request with the project's HTTP actions; `url` is the address that the caller used. */
  async fetch(url: URL, init: RequestInit, caller: Caller): Promise<Response> {
    if (!this.functions.has("http")) {
      return new Response("This Convex deployment does not have HTTP actions enabled.", { status: 404 });
    }
    const run = () => this.#as(caller).fetch(url.pathname + url.search, init);
    return await this.executions.inCall(aCall({ url: url.href }), run);
  }

  async #run(kind: Kind, reference: string, args: Value, caller: Caller): Promise<Value | undefined> {
    const backend = this.#as(caller);
    const given = args as Record<string, Value>;
    switch (kind) {
      case "query":
        return (await backend.query(makeFunctionReference<"query">(reference), given)) as Value;
      case "mutation":
        return (await backend.mutation(makeFunctionReference<"mutation">(reference), given)) as Value;
      case "action":
        return (await backend.action(makeFunctionReference<"action">(reference), given)) as Value;
    }
  }

  #as(caller: Caller) {
    return caller.kind === "user" ? this.backend.withIdentity(caller.identity) : this.backend;
  }
}

function failed(error: unknown): Outcome {
  if (error instanceof Unavailable) {
    throw error;
  }
  if (isConvexError(error)) {
    try {
      const data = convexToJson(error.data);
      return { ok: false, message: `Uncaught ConvexError: ${JSON.stringify(data)}`, data };
    } catch (unencodable) {
      return { ok: false, message: `Uncaught ConvexError: its data is no Convex value: ${messageOf(unencodable)}` };
    }
  }
  const name = error instanceof Error ? error.name : "Error";
  return { ok: false, message: `Uncaught ${name}: ${textOf(error)}` };
}

/** The text of what a function threw. Even reading it can throw, as everything that a function made. */
function textOf(error: unknown): string {
  try {
    return messageOf(error);
  } catch {
    return "an error that has no text";
  }
}

/** Convex marks its errors with a symbol, as a functions folder can have a `convex` package of its own. */
function isConvexError(error: unknown): error is { data: Value } {
  return typeof error === "object" && error !== null && Symbol.for("ConvexError") in error;
}
