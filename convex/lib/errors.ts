import { ConvexError } from "convex/values";

/** What clients can react to; the message is for people and says what to do. */
export type ErrorCode = "UNAUTHENTICATED" | "NOT_FOUND" | "INVALID_ARGUMENT" | "CONFLICT" | "LIMIT_EXCEEDED";

/** `field` names the argument at fault; `retryAfterSeconds` says how long to wait after `LIMIT_EXCEEDED`. */
type Details = { field?: string; retryAfterSeconds?: number };

/** What every error of these functions carries. */
export type ErrorData = { code: ErrorCode; message: string } & Details;

/** An error that reaches the client as it is. */
export function failure(code: ErrorCode, message: string, details: Details = {}): ConvexError<ErrorData> {
  return new ConvexError({ code, message, ...details });
}

/** The trimmed text, refused when it is empty or longer than `limit` characters. */
export function requireText(field: string, text: string, limit: number): string {
  const trimmed = text.trim();
  if (trimmed === "") {
    throw failure("INVALID_ARGUMENT", `${field} must not be empty`, { field });
  }
  const length = Array.from(trimmed).length; // code points, as the VideoJob's schema counts
  if (length > limit) {
    throw failure("INVALID_ARGUMENT", `${field} has ${length} characters; at most ${limit} are allowed`, { field });
  }
  return trimmed;
}

/** A whole number from `least` to `most`, refused otherwise. */
export function requireInteger(field: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw failure("INVALID_ARGUMENT", `${field} is ${value}; it must be a whole number from ${least} to ${most}`, {
      field,
    });
  }
  return value;
}
