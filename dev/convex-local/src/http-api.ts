import type { IncomingMessage, ServerResponse } from "node:http";

import type { JSONValue } from "convex/values";

import { encodeTimestamp } from "./clock";
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
  if (kind === undefined || request.method !== "POST") {
    throw new HttpError(404, "NotFound", `not in convex-local: ${request.method} ${path}`);
  }
  return await callFunction(services, request, kind);
}

/** Errors of the function itself are an answer too (status 200), as in Convex. */
async function callFunction(services: Services, request: IncomingMessage, kind: Kind | "any"): Promise<string> {
  const caller = await services.identities.ofHeader(request.headers.authorization);
  const { path, args, format } = parseCall((await readBody(request)).toString());
  const given = (Array.isArray(args) ? args[0] : args) ?? {};
  const outcome = await services.host.call(kind, path, given, caller);
  return withFloats(encodeOutcome(outcome, format === "convex_encoded_json" ? (value) => value : plain));
}

function parseCall(body: string): Call {
  let call: Partial<Call>;
  try {
    call = Object(JSON.parse(body)) as Partial<Call>;
  } catch (error) {
    throw new HttpError(400, "BadJsonBody", `the body is not JSON: ${(error as Error).message}`);
  }
  if (typeof call.path !== "string") {
    throw new HttpError(400, "BadJsonBody", "path must name a function, such as jobs:get");
  }
  return { ...call, path: call.path };
}

function encodeOutcome(outcome: Outcome, encode: (value: JSONValue) => unknown): unknown {
  if (outcome.ok) {
    return { status: "success", value: encode(outcome.value), logLines: [] };
  }
  const errorData = outcome.data === undefined ? {} : { errorData: encode(outcome.data) };
  return { status: "error", errorMessage: outcome.message, ...errorData, logLines: [] };
}
