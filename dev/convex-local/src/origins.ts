import type { IncomingMessage } from "node:http";

/**
 * Decides which web pages may call. Clients that are no browsers send no Origin and may always call. A page of an
 * origin that is not allowed is refused before anything runs: hiding the response from it would not undo a mutation.
 */
export class Origins {
  constructor(private readonly allowed: string[]) {}

  isAllowed({ headers: { origin } }: IncomingMessage): boolean {
    return origin === undefined || this.allowed.includes("*") || this.allowed.includes(origin);
  }

  /** The CORS headers of a response. They never allow credentials of the browser: tokens travel in a header. */
  headers(request: IncomingMessage): Record<string, string> {
    const { origin, "access-control-request-headers": requested } = request.headers;
    if (origin === undefined || !this.isAllowed(request)) {
      return { vary: "Origin" };
    }
    return {
      vary: "Origin",
      "access-control-allow-origin": this.allowed.includes("*") ? "*" : origin,
      "access-control-allow-headers": requested ?? "*",
      "access-control-allow-methods": "GET,POST,OPTIONS",
    };
  }
}
