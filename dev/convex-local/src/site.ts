import type { IncomingMessage, ServerResponse } from "node:http";

import { HttpError, httpErrorOf, readBody } from "./requests";
import type { Services } from "./session";

/** Answers a request to the site origin with the HTTP actions of `convex/http.ts`. */
export function httpActions(services: Services) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const answer = await runAction(services, request);
      const body = Buffer.from(await answer.arrayBuffer());
      // A flat list keeps every header, also of the same name.
      response.writeHead(answer.status, [...answer.headers].flat()).end(body);
    } catch (error) {
      const { status, code, message } = httpErrorOf(error);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ code, message }));
    }
  };
}

/** HTTP actions get every header, but an identity only if the Authorization header carries a valid token. */
async function runAction({ host, identities }: Services, request: IncomingMessage): Promise<Response> {
  const { authorization } = request.headers;
  const caller = await identities.ofHeader(authorization?.startsWith("Bearer ") ? authorization : undefined);
  const body = await readBody(request);
  const init: RequestInit = { method: request.method ?? "GET", headers: headersOf(request) };
  return await host.fetch(urlOf(request), body.length > 0 ? { ...init, body } : init, caller);
}

/** The address as the caller wrote it; a proxy in front gives the scheme in X-Forwarded-Proto. */
function urlOf({ headers, url = "/" }: IncomingMessage): URL {
  const scheme = headers["x-forwarded-proto"] === "https" ? "https" : "http";
  const address = `${scheme}://${headers.host ?? ""}${url}`;
  if (!url.startsWith("/") || !URL.canParse(address)) {
    throw new HttpError(400, "BadRequest", "the request needs a path and a Host header");
  }
  return new URL(address);
}

function headersOf({ headers }: IncomingMessage): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((single): [string, string] => [name, single]),
  );
}
