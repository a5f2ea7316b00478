import { readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

/** What kind of function a caller asks for; `any` leaves it to the function. */
export type Kind = "query" | "mutation" | "action";

/** The marks that Convex's `query`, `mutation`, … put on the functions they make. */
type Registered = { isQuery?: true; isMutation?: true; isAction?: true; isPublic?: true };

type Module = Record<string, unknown>;

/** The modules of a functions folder, as `convex-test` wants them: by path, loaded when asked for. */
export class Functions {
  readonly modules: Record<string, () => Promise<Module>> = {};

  constructor(readonly folder: string) {
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (/^[^.]+(\.config)?\.(ts|js)$/.test(file)) {
        const url = pathToFileURL(path.join(folder, file)).href;
        this.modules[`./${file}`] = () => import(url) as Promise<Module>;
      }
    }
  }

  /** The default export of a module; undefined when there is no such module. */
  async defaultOf(name: string): Promise<unknown> {
    return (await this.#load(name))?.["default"];
  }

  /** The kind of a function, or null when this caller may not call it or it does not exist: both look the same. */
  async kindOf(reference: string, includeInternal: boolean): Promise<Kind | null> {
    const [module = "", name = "default"] = reference.split(":");
    const found = (await this.#load(module))?.[name] as Registered | undefined;
    if (!found || !(found.isPublic || includeInternal)) {
      return null;
    }
    return found.isQuery ? "query" : found.isMutation ? "mutation" : found.isAction ? "action" : null;
  }

  async #load(name: string): Promise<Module | undefined> {
    const load = this.modules[`./${name}.ts`] ?? this.modules[`./${name}.js`];
    return load && (await load());
  }
}

/** A function's name in one spelling: clients may write `jobs.js:get` for `jobs:get`. */
export function canonical(reference: string): string {
  return reference.replace(/\.js(?=:|$)/, "");
}
