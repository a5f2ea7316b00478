import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { signedCall } from "./webhooks";

const PACKAGE = fileURLToPath(new URL("../../../dev/convex-local", import.meta.url));

/** A local server in a process of its own, started as its image starts it. */
export type LocalServer = {
  url: string;
  siteUrl: string;
  /** Ends the process with this signal, waits until it is gone and returns its exit code; null if a signal ended it. */
  end: (signal?: "SIGTERM" | "SIGKILL") => Promise<number | null>;
};

/** Starts a server on free ports; `env` adds to, or replaces, the environment of a development deployment. */
export async function startLocalServer(env: Record<string, string | undefined> = {}): Promise<LocalServer> {
  const child = spawn(process.execPath, ["--import", "tsx", path.join("src", "main.ts")], {
    cwd: PACKAGE,
    env: { ...process.env, ...DEVELOPMENT, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-10_000);
  });
  const [line] = (await Promise.race([
    once(createInterface(child.stdout), "line"),
    once(child, "close").then(([code]) => Promise.reject(new Error(`the server ended with ${code}: ${errors}`))),
  ])) as [string];
  const addresses = JSON.parse(line) as { url: string; siteUrl: string };
  return { ...addresses, end: async (signal = "SIGTERM") => await end(child, signal) };
}

const DEVELOPMENT = {
  PORT: "0",
  SITE_PORT: "0",
  VIDEOTUTOR_ANONYMOUS: "allow",
  VIDEOTUTOR_API_URL: "http://127.0.0.1:9",
  WEBHOOK_SECRET: "the-webhook-secret",
  CALLBACK_SECRET: "the-callback-secret",
  VIDEOTUTOR_FOREIGN_NAMESPACES: "lessons",
};

async function end(child: ChildProcess, signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = once(child, "exit");
    child.kill(signal);
    await gone;
  }
  return child.exitCode;
}

/** Sends a report to a server, signed, and returns the outcome. */
export async function report(server: LocalServer, event: unknown): Promise<unknown> {
  const response = await fetch(`${server.siteUrl}/videotutor/events`, await signedCall(event));
  return ((await response.json()) as { outcome: unknown }).outcome;
}

/** An HTTP server that answers every request the same way; `answer` gets the path and the body. */
export async function startHttpServer(answer: (path: string, body: string) => unknown) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = answer(request.url ?? "", Buffer.concat(chunks).toString());
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, close: () => server.close() };
}
