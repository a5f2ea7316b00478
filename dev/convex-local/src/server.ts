import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { AuthConfig } from "convex/server";

import { Clock } from "./clock";
import { Functions } from "./functions";
import { Host } from "./host";
import { answerApi } from "./http-api";
import { Identities } from "./identities";
import { Replies } from "./replies";
import { resumeSchedule } from "./schedule";
import type { Services } from "./session";
import type { Settings } from "./settings";
import { answerSite } from "./site";
import { Snapshot } from "./snapshot";
import { serveSync } from "./sync";

/** A server that runs. `stop` waits for nothing but writes what is not yet written. */
export type Running = { url: string; siteUrl: string; stop: () => void };

/** Starts both origins, on the data of the last run. */
export async function startServer(settings: Settings): Promise<Running> {
  const functions = new Functions(settings.functions);
  const host = await Host.start(functions);
  const snapshot = await restored(settings, host, functions);
  const auth = ((await functions.defaultOf("auth.config")) as AuthConfig | undefined) ?? { providers: [] };
  const identities = new Identities(auth, settings.adminKey);
  const services = { host, clock: new Clock(), identities, replies: new Replies() };

  const api = createServer(answering(answerApi, services));
  const site = createServer(answering(answerSite, services));
  const sockets = serveSync(services, api);
  const url = await listen(api, settings.host, settings.port);
  const siteUrl = await listen(site, settings.host, settings.sitePort);
  const stop = () => {
    sockets.clients.forEach((client) => client.terminate());
    for (const server of [api, site]) {
      server.close();
      server.closeAllConnections();
    }
    snapshot?.flush();
  };
  return { url, siteUrl, stop };
}

async function restored(settings: Settings, host: Host, functions: Functions): Promise<Snapshot | undefined> {
  if (settings.data === undefined) {
    return undefined;
  }
  const snapshot = new Snapshot(host.database, settings.data);
  snapshot.restore();
  await resumeSchedule(host, functions);
  host.transactions.onCommit(() => snapshot.schedule());
  return snapshot;
}

type Answer = (services: Services, request: IncomingMessage, response: ServerResponse) => Promise<void>;

function answering(answer: Answer, services: Services) {
  return (request: IncomingMessage, response: ServerResponse) => void answer(services, request, response);
}

async function listen(server: Server, host: string, port: number): Promise<string> {
  server.listen(port, host);
  await once(server, "listening");
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}
