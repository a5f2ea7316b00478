import type { IncomingMessage, ServerResponse } from "node:http";

import type { JSONValue } from "convex/values";

import { encodeTimestamp } from "./clock";
import { aCall } from "./executions";
import type { Kind } from "./functions";
import type { Outcome } from "./host";
import { plain, withFloats } from "./json";
import type { Origins } from "./origins";
import { HttpError, httpErrorOf, pathOf, readBody } from "./requests";
import type { Services } from "./session";

/** The body of a function call. */
type Call = { path: string; args?: JSONValue; format?: string };

const KINDS: Record<string, Kind | "any"> = {
  "/api/query": "query",
  "/api/query_at_ts": "query",
  "/api/mutation": "mutation",
  "/api/action": "action",
  "/api/function": "any",
};

/** Answers a request to Convex's HTTP API: function calls, the time, and the server's version. */
export function httpApi(services: Services, origins: Origins) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const headers = { "content-type": "application/json", ...origins.headers(request) };
    try {
      if (!origins.isAllowed(request)) {
        const origin = String(request.headers.origin);
        throw new HttpError(403, "OriginNotAllowed", `add ${origin} to ALLOWED_ORIGINS of convex-local to allow it`);
      }
      const body = await route(services, request);
      response.writeHead(200, headers).end(body);
    } catch (error) {
      const { status, code, message } = httpErrorOf(error);
      response.writeHead(status, headers).end(JSON.stringify({ code, message }));
    }
  };
}

async function route(services: Services, request: IncomingMessage): Promise<string> {
  const path = pathOf(request);
  if (request.method === "OPTIONS") {
    return "";
  }
  if (path === "/api/query_ts") {
    return withFloats({ ts: encodeTimestamp(services.clock.next()) });
  }
  const kind = Object.hasOwn(KINDS, path) ? KINDS[path] : undefined;
  const named = /^\/api\/run\/(.+)$/.exec(path)?.[1];
  if (request.method !== "POST" || (kind === undefined && named === undefined)) {
    // Convex's command line tries a request that gets 404 again, but not one that gets 400.
    throw new HttpError(400, "NotInConvexLocal", `not in convex-local: ${request.method} ${path}`);
  }
  return await callFunction(services, request, kind ?? "any", named && functionName(named));
}

/** The function that `/api/run/<path>` names: `messages/send` or `messages:send`, with any folders before. */
function functionName(path: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    throw new HttpError(400, "BadRequest", "the name in /api/run/ is not percent-encoded UTF-8");
  }
  return decoded.includes(":") ? decoded : decoded.replace(/\/([^/]+)$/, ":$1");
}

/** Errors of the function itself are an answer too (status 200), as in Convex. */
async function callFunction(
  services: Services,
  request: IncomingMessage,
  kind: Kind | "any",
  name?: string,
): Promise<string> {
  const caller = await services.identities.ofHeader(request.headers.authorization);
  const { path, args, format } = parseCall((await readBody(request)).toString(), name);
  const given = (Array.isArray(args) ? args[0] : args) ?? {};
  const call = aCall();
  const outcome = await services.host.call(kind, path, given, caller, call);
  const encode = format === "convex_encoded_json" ? (value: JSONValue) => value : plain;
  return withFloats({ ...encodeOutcome(outcome, encode), logLines: call.logLines });
}

function parseCall(body: string, name?: string): Call {
  let call: Partial<Call>;
  try {
    call = Object(JSON.parse(body)) as Partial<Call>;
  } catch (error) {
    throw new HttpError(400, "BadJsonBody", `the body is not JSON: ${(error as Error).message}`);
  }
  const path = name ?? call.path;
  if (typeof path !== "string") {
    throw new HttpError(400, "BadJsonBody", "`path` must name a function, such as jobs:get");
  }
  return { ...call, path };
}

function encodeOutcome(outcome: Outcome, encode: (value: JSONValue) => unknown): object {
  if (outcome.ok) {
    return { status: "success", value: encode(outcome.value) };
  }
  const errorData = outcome.data === undefined ? {} : { errorData: encode(outcome.data) };
  return { status: "error", errorMessage: outcome.message, ...errorData };
}
