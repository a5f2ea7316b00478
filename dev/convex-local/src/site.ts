import type { IncomingMessage, ServerResponse } from "node:http";

import { httpErrorOf, readBody } from "./requests";
import type { Services } from "./session";

/** Answers a request to the site origin with the HTTP actions of `convex/http.ts`. */
export function httpActions(services: Services) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const answer = await runAction(services, request);
      const body = Buffer.from(await answer.arrayBuffer());
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(body);
    } catch (error) {
      const { status, code, message } = httpErrorOf(error);
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ code, message }));
    }
  };
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
