import type { UserIdentity } from "convex/server";

/** Who sent a request. An administrator may call internal functions too. `expires` is in milliseconds since 1970. */
export type Caller =
  { kind: "anonymous" } | { kind: "admin" } | { kind: "user"; identity: UserIdentity; expires: number };

export const ANONYMOUS: Caller = { kind: "anonymous" };

/** A refused credential; `code` is the code that Convex sends. */
export class AuthenticationError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Throws when the caller's token has expired since it was verified. */
export function assertNotExpired(caller: Caller): void {
  if (caller.kind === "user" && Date.now() >= caller.expires) {
    throw new AuthenticationError("TokenExpired", "Convex token identity expired");
  }
}
