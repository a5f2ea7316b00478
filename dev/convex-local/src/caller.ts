import type { UserIdentity } from "convex/server";

/** Who sent a request. An administrator may call internal functions too. */
export type Caller = { kind: "nobody" } | { kind: "admin" } | { kind: "user"; identity: UserIdentity };

export const NOBODY: Caller = { kind: "nobody" };

/** A credential that was refused; `code` is what Convex's clients are told. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}
