import { BadBody, parseJson } from "./events";
import { webhookFault } from "./signatures";

/** A call that is not signed as it must be. */
export class Unsigned extends Error {}

/** The raw body of a call that one of these secrets signed recently; throws `Unsigned` otherwise. */
export async function signedBody(request: Request, secrets: string[]): Promise<string> {
  const body = await request.text();
  const fault = await webhookFault(request.headers, body, secrets, Date.now() / 1000);
  if (fault !== null) {
    throw new Unsigned(fault);
  }
  return body;
}

/** The session and project that the API checks. */
export function readCheck(body: string): { projectId: string; sessionId: string } {
  const { projectId, sessionId } = Object(parseJson(body)) as Record<string, unknown>;
  if (typeof projectId !== "string") {
    throw new BadBody("projectId must be a string", "projectId");
  }
  if (typeof sessionId !== "string") {
    throw new BadBody("sessionId must be a string", "sessionId");
  }
  return { projectId, sessionId };
}

/** The answer to a call that was refused: 401 or 400. Anything else is not the caller's fault and stays an error. */
export function refused(error: unknown): Response {
  if (error instanceof Unsigned) {
    return Response.json({ error: error.message }, { status: 401 });
  }
  if (error instanceof BadBody) {
    return Response.json({ error: error.message, field: error.field }, { status: 400 });
  }
  throw error;
}
