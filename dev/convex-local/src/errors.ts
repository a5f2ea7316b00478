/** The client broke the protocol or a bound: the request or the connection ends, and the client must not retry. */
export class ProtocolError extends Error {}

/** The server cannot do its part at the moment, such as writing to disk: the client may retry. */
export class Unavailable extends Error {}

/** Convex has this feature and convex-local has not. */
export class NotInConvexLocal extends Error {
  constructor(feature: string) {
    super(`not in convex-local: ${feature}`);
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
