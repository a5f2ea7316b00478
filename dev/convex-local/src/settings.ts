import path from "node:path";
import { fileURLToPath } from "node:url";

import { secretFrom } from "../../../convex/lib/secrets";
import type { Timeouts } from "./executions";

/** Where the server listens, what it runs and where it keeps its data. */
export type Settings = {
  host: string;
  /** HTTP API and sync protocol; 0 takes any free port. */
  port: number;
  /** HTTP actions; 0 takes any free port. */
  sitePort: number;
  /** The addresses by which clients reach the two origins, if they differ from where the server listens. */
  cloudOrigin: string | undefined;
  siteOrigin: string | undefined;
  functions: string;
  /** Folder of the database; without one, all data is lost when the server ends. */
  data: string | undefined;
  /** Grants every right; without one there are no administrators. */
  adminKey: string | undefined;
  /** Origins whose web pages may call; "*" allows every origin. */
  allowedOrigins: string[];
  timeouts: Timeouts;
};

const HERE = path.dirname(fileURLToPath(import.meta.url));

/** Reads the settings that README.md lists; throws an error that names a wrong one. */
export function settingsFrom(env: NodeJS.ProcessEnv): Settings {
  return {
    host: env.HOST ?? "127.0.0.1",
    port: portFrom("PORT", env.PORT ?? "3210"),
    sitePort: portFrom("SITE_PORT", env.SITE_PORT ?? "3211"),
    cloudOrigin: env.CONVEX_CLOUD_ORIGIN || undefined,
    siteOrigin: env.CONVEX_SITE_ORIGIN || undefined,
    functions: path.resolve(env.CONVEX_FUNCTIONS ?? path.join(HERE, "../../../convex")),
    data: env.CONVEX_DATA || undefined,
    adminKey: secretFrom("ADMIN_KEY", env.ADMIN_KEY),
    allowedOrigins: originsFrom(env.ALLOWED_ORIGINS ?? ""),
    timeouts: {
      transaction: secondsFrom("TRANSACTION_TIMEOUT", env.TRANSACTION_TIMEOUT ?? "5"),
      action: secondsFrom("ACTION_TIMEOUT", env.ACTION_TIMEOUT ?? "600"),
    },
  };
}

function portFrom(name: string, text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`${name} is "${text}"; it must be a port number`);
  }
  return port;
}

/** Seconds, as milliseconds. */
function secondsFrom(name: string, text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0 && seconds <= 86_400)) {
    throw new Error(`${name} is "${text}"; it must be a number of seconds, at most a day`);
  }
  return seconds * 1_000;
}

function originsFrom(text: string): string[] {
  const origins = text.split(",").map((origin) => origin.trim());
  return origins.filter(Boolean).map((origin) => {
    if (origin !== "*" && (!URL.canParse(origin) || new URL(origin).origin !== origin)) {
      throw new Error(`ALLOWED_ORIGINS has "${origin}"; an origin looks like http://localhost:3000`);
    }
    return origin;
  });
}
