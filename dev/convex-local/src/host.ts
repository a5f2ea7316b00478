import { convexTest } from "convex-test";
import { makeFunctionReference, type GenericSchema, type SchemaDefinition } from "convex/server";
import { ConvexError, convexToJson, jsonToConvex, type JSONValue, type Value } from "convex/values";

import type { Caller } from "./caller";
import { canonical, type Functions, type Kind } from "./functions";
import { internalsOf, type Database } from "./internals";
import { ReadRecorder } from "./reads";
import { Transactions } from "./transactions";

/** What came of a call. `data` is what a ConvexError carried. */
export type Outcome = { ok: true; value: JSONValue } | { ok: false; message: string; data?: JSONValue };

type Backend = ReturnType<typeof convexTest<GenericSchema>>;

/** Runs the project's own functions in this process, on convex-test's in-memory database. */
export class Host {
  private constructor(
    private readonly functions: Functions,
    readonly backend: Backend,
    readonly database: Database,
    readonly transactions: Transactions,
    readonly reads: ReadRecorder,
  ) {}

  static async start(functions: Functions): Promise<Host> {
    const schema = (await functions.defaultOf("schema")) as SchemaDefinition<GenericSchema, boolean> | undefined;
    const backend = convexTest({ ...(schema && { schema }), modules: functions.modules });
    const internals = await internalsOf(() => backend.run(() => Promise.resolve(null)));
    const { db } = internals.components[""];
    // Ids name VideoJobs, which outlive this process: a fresh start must not give them out again.
    db._nextDocId = Date.now();
    return new Host(functions, backend, db, new Transactions(internals), new ReadRecorder(db));
  }

  /** Calls a function by name. Errors of the function are in the outcome. */
  async call(kind: Kind | "any", name: string, args: JSONValue, caller: Caller): Promise<Outcome> {
    const reference = canonical(name);
    try {
      const actual = await this.functions.kindOf(reference, caller.kind === "admin");
      if (actual === null) {
        throw new Error(`Could not find public function for '${name}'.`);
      }
      if (kind !== "any" && kind !== actual) {
        throw new Error(`Trying to execute ${name} as ${kind}, but it is defined as ${actual}.`);
      }
      const value = await this.#run(actual, reference, jsonToConvex(args), caller);
      return { ok: true, value: convexToJson(value ?? null) };
    } catch (error) {
      return failed(error);
    }
  }

  /** Answers a request with the project's HTTP actions. */
  async fetch(pathAndQuery: string, init: RequestInit, caller: Caller): Promise<Response> {
    return await this.#as(caller).fetch(pathAndQuery, init);
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
  if (error instanceof ConvexError) {
    const data = convexToJson(error.data as Value);
    return { ok: false, message: `Uncaught ConvexError: ${JSON.stringify(data)}`, data };
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { ok: false, message: `Uncaught ${name}: ${message}` };
}
