import { readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

import type { Executions } from "./executions";
import { boundedRouter, type Router } from "./http-router";

/** What kind of function a caller calls; `any` leaves it to the function. */
export type Kind = "query" | "mutation" | "action";

/** What Convex's `query`, `mutation`, … add to the functions that they make. */
type Registered = {
  isQuery?: true;
  isMutation?: true;
  isAction?: true;
  isPublic?: true;
  _handler?: (ctx: unknown, args: unknown) => unknown;
};

type Module = Record<string, unknown>;

/** The modules of a functions folder, as `convex-test` expects them: by path, loaded on first use. */
export class Functions {
  readonly modules: Record<string, () => Promise<Module>> = {};

  constructor(
    readonly folder: string,
    private readonly executions: Executions,
  ) {
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (/^[^.]+(\.config)?\.(ts|js)$/.test(file)) {
        const url = pathToFileURL(path.join(folder, file)).href;
        const name = file
          .replace(/\.(ts|js)$/, "")
          .split(path.sep)
          .join("/");
        this.modules[`./${file}`] = async () => this.#bounded(name, (await import(url)) as Module);
      }
    }
  }

  has(name: string): boolean {
    return [`./${name}.ts`, `./${name}.js`].some((file) => Object.hasOwn(this.modules, file));
  }

  /** The default export of a module; undefined if there is no such module. */
  async defaultOf(name: string): Promise<unknown> {
    return (await this.#load(name))?.["default"];
  }

  /** The kind of a function; null if it does not exist or is internal and the caller may not call those. */
  async kindOf(reference: string, includeInternal: boolean): Promise<Kind | null> {
    const [module = "", name = "default"] = reference.split(":");
    const exports = await this.#load(module);
    const found = exports && Object.hasOwn(exports, name) ? (exports[name] as Registered | undefined) : undefined;
    if (!found || !(found.isPublic || includeInternal)) {
      return null;
    }
    return kindOf(found);
  }

  async #load(name: string): Promise<Module | undefined> {
    for (const file of [`./${name}.ts`, `./${name}.js`]) {
      if (Object.hasOwn(this.modules, file)) {
        return await this.modules[file]?.();
      }
    }
    return undefined;
  }

  /** The exports of a module, with every function bounded in time. */
  #bounded(module: string, exports: Module): Module {
    const entries = Object.entries(exports).map(([name, value]) => {
      if (module === "http" && name === "default") {
        return [name, boundedRouter(value as Router, this.executions)] as const;
      }
      const registered = typeof value === "function" ? (value as Registered) : {};
      const kind = kindOf(registered);
      if (kind === null || registered._handler === undefined) {
        return [name, value] as const;
      }
      const handler = this.executions.bound(kind, `${module}:${name}`, registered._handler);
      return [name, Object.assign(() => undefined, value, { _handler: handler })] as const;
    });
    return Object.fromEntries(entries);
  }
}

function kindOf({ isQuery, isMutation, isAction }: Registered): Kind | null {
  return isQuery ? "query" : isMutation ? "mutation" : isAction ? "action" : null;
}

/** A function's name in one spelling: clients may write `jobs.js:get` for `jobs:get`. */
export function canonical(reference: string): string {
  return reference.replace(/\.js(?=:|$)/, "");
}
