import type { AuthConfig } from "convex/server";

import { checkAppConfig } from "./app-config";
import { Clock } from "./clock";
import { Crons } from "./crons";
import { Executions } from "./executions";
import { Functions } from "./functions";
import { Host } from "./host";
import { httpApi } from "./http-api";
import { Identities } from "./identities";
import { FolderLock } from "./lock";
import { Origin, type Answer } from "./origin";
import { Origins } from "./origins";
import { Replies } from "./replies";
import { pathOf } from "./requests";
import { Runs } from "./runs";
import { Schedule } from "./schedule";
import type { Settings } from "./settings";
import { httpActions } from "./site";
import { Store } from "./store";
import { serveSync } from "./sync";
import { Turns } from "./turns";

/** A running server. `stop` closes every connection and writes a snapshot. */
export type Running = { url: string; siteUrl: string; stop: () => void };

/** Starts both origins, on the data of the last run. */
export async function startServer(settings: Settings): Promise<Running> {
  const [api, site] = [new Origin(), new Origin()];
  const url = await api.listen(settings.host, settings.port);
  const siteUrl = await site.listen(settings.host, settings.sitePort);
  // Modules may read these when they are loaded.
  process.env["CONVEX_CLOUD_URL"] = settings.cloudOrigin ?? reachable(url);
  process.env["CONVEX_SITE_URL"] = settings.siteOrigin ?? reachable(siteUrl);

  const lock = settings.data === undefined ? undefined : new FolderLock(settings.data);
  lock?.acquire();
  const { services, store } = await load(settings);
  const origins = new Origins(settings.allowedOrigins);
  const sockets = serveSync(services, origins, api.server);
  const [call, act] = [httpApi(services, origins), httpActions(services)];
  api.answer = withVersion(withHealth(store, (request, response) => void call(request, response)));
  site.answer = withVersion((request, response) => void act(request, response));
  const stop = () => {
    sockets.clients.forEach((client) => client.terminate());
    api.stop();
    site.stop();
    store?.compact();
    lock?.release();
  };
  return { url, siteUrl, stop };
}

/** Loads the functions and the database, and starts what runs by itself. */
async function load(settings: Settings) {
  const executions = new Executions(settings.timeouts);
  const functions = new Functions(settings.functions, executions);
  await checkAppConfig(functions, process.env);
  const host = await Host.start(functions, executions);
  const store = restored(settings, host);
  const auth = ((await functions.defaultOf("auth.config")) as AuthConfig | undefined) ?? { providers: [] };
  const identities = new Identities(auth, settings.adminKey);
  await new Schedule(host, functions).start();
  await Crons.start(host, functions);
  const [runs, turns] = [new Runs(host), new Turns(host.transactions)];
  return { services: { host, clock: new Clock(), identities, replies: new Replies(), runs, turns }, store };
}

/** An address for clients on this machine, of a server that listens on every interface. */
function reachable(url: string): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:");
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

/** Answers `GET /version`, which says that the server is ready. */
function withVersion(answer: Answer): Answer {
  return (request, response) => {
    if (pathOf(request) === "/version") {
      response.end("convex-local");
    } else {
      answer(request, response);
    }
  };
}

/** Answers `GET /health`, which fails while the data folder cannot be written. */
function withHealth(store: Store | undefined, answer: Answer): Answer {
  return (request, response) => {
    if (pathOf(request) !== "/health") {
      answer(request, response);
      return;
    }
    const failure = store?.failure();
    const health = failure === undefined ? { status: "ok" } : { status: "failing", data: failure };
    response.writeHead(failure === undefined ? 200 : 503, { "content-type": "application/json" });
    response.end(JSON.stringify(health));
  };
}
