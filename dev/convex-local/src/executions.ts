import { AsyncLocalStorage } from "node:async_hooks";
import { clearTimeout, setTimeout } from "node:timers";

import type { Internals } from "./internals";
import { capturing } from "./logs";

/** The longest that a query or mutation, and an action, may take, in milliseconds of wall-clock time. */
export type Timeouts = { transaction: number; action: number };

/** A call from outside: what the function gets besides its arguments, and what it leaves besides its result. */
export type Call = {
  /** Where the page of a paginated query ends: pinned by an earlier run, or set by this one. */
  journal: string | null;
  logLines: string[];
  /** The address that an HTTP action was called with. */
  url?: string;
};

/** A function that runs. A query or mutation shares `state` and `call` with the queries and mutations that it calls. */
type Execution = { kind: Kind; name: string; call: Call; isOutermost: boolean; state: { ended: boolean } };

type Kind = "query" | "mutation" | "action";

type Handler = (ctx: unknown, args: unknown) => unknown;

/**
 * Bounds every run of a function. A run that takes too long fails, its transaction is rolled back, and whatever of it
 * still runs afterwards can neither read nor write: each call into the database is refused.
 */
export class Executions {
  readonly #current = new AsyncLocalStorage<Execution>();
  readonly #calls = new AsyncLocalStorage<Call>();

  constructor(private readonly timeouts: Timeouts) {}

  /** Runs a call from outside; the outermost function in it fills `call`. */
  async inCall<T>(call: Call, work: () => Promise<T>): Promise<T> {
    return await this.#calls.run(call, work);
  }

  /** The handler, bounded. A function called within a transaction ends with the transaction. */
  bound(kind: Kind, name: string, handler: Handler): Handler {
    return (ctx, args) => {
      const caller = this.#current.getStore();
      const nested = kind !== "action" && caller !== undefined && caller.kind !== "action";
      const outside = caller === undefined ? this.#calls.getStore() : undefined;
      const execution: Execution = nested
        ? { ...caller, kind, name, isOutermost: false }
        : { kind, name, call: outside ?? aCall(), isOutermost: true, state: { ended: false } };
      globalThis.console = capturing(execution.call.logLines, name);
      const run = async () => await this.#current.run(execution, async () => await handler(ctx, args));
      return nested ? run() : this.#limit(execution, run);
    };
  }

  /** The call whose outermost query or mutation runs here; undefined within the functions that it calls. */
  outermostCall(): Call | undefined {
    const execution = this.#current.getStore();
    return execution?.isOutermost ? execution.call : undefined;
  }

  /** Throws if the function that runs here has been ended. */
  assertRunning(): void {
    const execution = this.#current.getStore();
    if (execution?.state.ended) {
      throw new Error(`${execution.name} has ended: a promise that it did not await has no effect any more`);
    }
  }

  /** Refuses system calls of functions that have ended. */
  guard(internals: Internals): void {
    const { syscall, asyncSyscall, jsSyscall } = internals;
    internals.syscall = (op, args) => {
      this.assertRunning();
      return syscall(op, args);
    };
    internals.asyncSyscall = async (op, args) => {
      this.assertRunning();
      return await asyncSyscall(op, args);
    };
    internals.jsSyscall = async (op, args) => {
      this.assertRunning();
      return await jsSyscall(op, args);
    };
  }

  async #limit({ kind, name, state }: Execution, run: () => Promise<unknown>): Promise<unknown> {
    const limit = kind === "action" ? this.timeouts.action : this.timeouts.transaction;
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_resolve, reject) => {
      const message = `Function execution timed out: ${name} took longer than ${limit / 1000} s`;
      timer = setTimeout(() => reject(new Error(message)), limit);
    });
    try {
      return await Promise.race([run(), timeout]);
    } finally {
      clearTimeout(timer);
      state.ended = true;
    }
  }
}

/** A call without a journal. */
export function aCall(changes: Partial<Call> = {}): Call {
  return { journal: null, logLines: [], ...changes };
}
