import path from "node:path";
import { fileURLToPath } from "node:url";

import { secretFrom } from "../../../convex/lib/secrets";

/** Where the server listens, what it runs and where it keeps its data. */
export type Settings = {
  host: string;
  /** HTTP API and sync protocol; 0 takes any free port. */
  port: number;
  /** HTTP actions; 0 takes any free port. */
  sitePort: number;
  functions: string;
  /** Folder of the snapshot; without one, everything is forgotten when the server ends. */
  data: string | undefined;
  /** Full power over the deployment; without one nobody has it. */
  adminKey: string | undefined;
};

const HERE = path.dirname(fileURLToPath(import.meta.url));

/** Reads HOST, PORT, SITE_PORT, CONVEX_FUNCTIONS, CONVEX_DATA and ADMIN_KEY. */
export function settingsFrom(env: NodeJS.ProcessEnv): Settings {
  return {
    host: env.HOST ?? "127.0.0.1",
    port: portFrom("PORT", env.PORT ?? "3210"),
    sitePort: portFrom("SITE_PORT", env.SITE_PORT ?? "3211"),
    functions: path.resolve(env.CONVEX_FUNCTIONS ?? path.join(HERE, "../../../convex")),
    data: env.CONVEX_DATA || undefined,
    adminKey: secretFrom("ADMIN_KEY", env.ADMIN_KEY),
  };
}

function portFrom(name: string, text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`${name} is "${text}"; it must be a port number`);
  }
  return port;
}
