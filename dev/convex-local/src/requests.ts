import type { IncomingMessage } from "node:http";

import { AuthenticationError } from "./caller";
import { Unavailable } from "./errors";

/** Convex's own limit for the body of a request. */
export const MAX_BODY_BYTES = 20 * 1024 * 1024;

/** A request that gets this status and a message instead of an answer. */
export class HttpError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The whole body of a request. */
export async function readBody(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) {
      throw new HttpError(413, "RequestTooLarge", `the body is larger than ${MAX_BODY_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The path of a request, without its query. Never throws: the request line can hold any text. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? "/").split("?", 1)[0] ?? "/";
}

/** The status and the message of anything that was thrown while a request was handled. */
export function httpErrorOf(error: unknown): HttpError {
  if (error instanceof HttpError) {
    return error;
  }
  if (error instanceof AuthenticationError) {
    return new HttpError(401, error.code, error.message);
  }
  if (error instanceof Unavailable) {
    return new HttpError(503, "Unavailable", error.message);
  }
  console.error("a request failed", error);
  return new HttpError(500, "InternalServerError", "see the server's log");
}
