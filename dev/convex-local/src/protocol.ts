import type { JSONValue } from "convex/values";

/** Messages of Convex's sync protocol, as the JavaScript and Python clients send them. */
export type ClientMessage =
  | { type: "Connect"; sessionId: string; maxObservedTimestamp?: string | null }
  | { type: "Authenticate"; tokenType: "User" | "Admin" | "None"; value?: string | null; baseVersion: number }
  | { type: "ModifyQuerySet"; baseVersion: number; newVersion: number; modifications: QuerySetChange[] }
  | CallMessage<"Mutation">
  | CallMessage<"Action">
  | { type: "Event" };

export type CallMessage<T> = { type: T; requestId: number; udfPath: string; args?: JSONValue[] };

export type QuerySetChange =
  | { type: "Add"; queryId: number; udfPath: string; args?: JSONValue[]; journal?: string | null }
  | { type: "Remove"; queryId: number };

/** The state that a client has: of which queries, as whom, and at which time. */
export type Version<Timestamp> = { querySet: number; identity: number; ts: Timestamp };

export type QueryChange =
  | { type: "QueryUpdated"; queryId: number; value: JSONValue; logLines: string[]; journal: string | null }
  | {
      type: "QueryFailed";
      queryId: number;
      errorMessage: string;
      errorData?: JSONValue;
      logLines: string[];
      journal: string | null;
    }
  | { type: "QueryRemoved"; queryId: number };

export type ServerMessage =
  | { type: "Transition"; startVersion: Version<string>; endVersion: Version<string>; modifications: QueryChange[] }
  | { type: "MutationResponse"; requestId: number; success: true; result: JSONValue; ts: string; logLines: string[] }
  | { type: "ActionResponse"; requestId: number; success: true; result: JSONValue; logLines: string[] }
  | FailedResponse
  | { type: "AuthError"; error: string; baseVersion: number; authUpdateAttempted: boolean }
  | { type: "FatalError"; error: string }
  | { type: "Ping" };

export type FailedResponse = {
  type: "MutationResponse" | "ActionResponse";
  requestId: number;
  success: false;
  result: string;
  errorData?: JSONValue;
  logLines: string[];
};
