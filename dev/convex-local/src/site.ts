import type { IncomingMessage, ServerResponse } from "node:http";

import { HttpError, pathOf, readBody } from "./requests";
import type { Services } from "./session";

/** Answers a request to the site origin with the HTTP actions of `convex/http.ts`. */
export async function answerSite(
  services: Services,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    if (pathOf(request) === "/version") {
      response.end("convex-local");
      return;
    }
    const answer = await runAction(services, request);
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  } catch (error) {
    const { status, message } = error instanceof HttpError ? error : hidden(error);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ error: message }));
  }
}

/** HTTP actions see every header, but an identity only when the Authorization header carries a valid token. */
async function runAction({ host, identities }: Services, request: IncomingMessage): Promise<Response> {
  const { authorization } = request.headers;
  const caller = await identities.ofHeader(authorization?.startsWith("Bearer ") ? authorization : undefined);
  const body = await readBody(request);
  const init: RequestInit = { method: request.method ?? "GET", headers: headersOf(request) };
  return await host.fetch(request.url ?? "/", body.length > 0 ? { ...init, body } : init, caller);
}

function headersOf({ headers }: IncomingMessage): [string, string][] {
  return Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((single): [string, string] => [name, single]),
  );
}

function hidden(error: unknown): HttpError {
  console.error("an HTTP action failed", error);
  return new HttpError(500, "InternalServerError", "the HTTP action failed: see the server's log");
}
