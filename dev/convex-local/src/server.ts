import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import type { AuthConfig } from "convex/server";

import { Clock } from "./clock";
import { Executions } from "./executions";
import { Functions } from "./functions";
import { Host } from "./host";
import { httpApi } from "./http-api";
import { Identities } from "./identities";
import { Origins } from "./origins";
import { Replies } from "./replies";
import { pathOf } from "./requests";
import { Schedule } from "./schedule";
import type { Settings } from "./settings";
import { httpActions } from "./site";
import { Store } from "./store";
import { serveSync } from "./sync";

/** A running server. `stop` closes every connection and writes a snapshot. */
export type Running = { url: string; siteUrl: string; stop: () => void };

/** The most open connections of one origin. */
const MAX_CONNECTIONS = 2_000;

/** Starts both origins, on the data of the last run. */
export async function startServer(settings: Settings): Promise<Running> {
  const executions = new Executions(settings.timeouts);
  const functions = new Functions(settings.functions, executions);
  const host = await Host.start(functions, executions);
  const store = restored(settings, host);
  await new Schedule(host, functions).start();
  const auth = ((await functions.defaultOf("auth.config")) as AuthConfig | undefined) ?? { providers: [] };
  const identities = new Identities(auth, settings.adminKey);
  const services = { host, clock: new Clock(), identities, replies: new Replies() };
  const origins = new Origins(settings.allowedOrigins);

  const api = createServer(withHealth(store, httpApi(services, origins)));
  const site = createServer(withHealth(store, httpActions(services)));
  const sockets = serveSync(services, origins, api);
  const url = await listen(api, settings.host, settings.port);
  const siteUrl = await listen(site, settings.host, settings.sitePort);
  const stop = () => {
    sockets.clients.forEach((client) => client.terminate());
    for (const server of [api, site]) {
      server.close();
      server.closeAllConnections();
    }
    store?.compact();
  };
  return { url, siteUrl, stop };
}

function restored(settings: Settings, host: Host): Store | undefined {
  if (settings.data === undefined) {
    return undefined;
  }
  const store = new Store(host.database, settings.data);
  store.restore();
  host.transactions.persist = (changes) => store.append(changes);
  return store;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Answers `/version` and `/health` on either origin: health fails while the data folder cannot be written. */
function withHealth(store: Store | undefined, answer: Answer) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    switch (pathOf(request)) {
      case "/version":
        response.end("convex-local");
        return;
      case "/health": {
        const failure = store?.failure();
        const health = failure === undefined ? { status: "ok" } : { status: "failing", data: failure };
        response.writeHead(failure === undefined ? 200 : 503, { "content-type": "application/json" });
        response.end(JSON.stringify(health));
        return;
      }
      default:
        void answer(request, response);
    }
  };
}

async function listen(server: Server, host: string, port: number): Promise<string> {
  server.maxConnections = MAX_CONNECTIONS;
  server.listen(port, host);
  await once(server, "listening");
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}
