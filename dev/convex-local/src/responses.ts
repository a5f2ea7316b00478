import type { JSONValue } from "convex/values";

import { encodeTimestamp } from "./clock";
import type { Call } from "./executions";
import type { Outcome } from "./host";
import type { QueryChange, ServerMessage, Version } from "./protocol";

/** The response to a mutation, which has a timestamp, or to an action. */
export function responseOf(
  type: "MutationResponse" | "ActionResponse",
  requestId: number,
  outcome: Outcome,
  { logLines, ts }: Pick<Call, "logLines"> & { ts?: string },
): ServerMessage {
  const response = outcome.ok
    ? { type, requestId, success: true, result: outcome.value, logLines, ...(ts !== undefined && { ts }) }
    : { type, requestId, success: false, result: outcome.message, logLines, ...errorData(outcome.data) };
  return response as ServerMessage;
}

/** A version with its time as the protocol writes it. */
export function encodeVersion(version: Version<bigint>): Version<string> {
  return { ...version, ts: encodeTimestamp(version.ts) };
}

/** The result of a query that a client subscribes to. */
export function changeOf(queryId: number, outcome: Outcome, { logLines, journal }: Call): QueryChange {
  const common = { queryId, logLines, journal };
  return outcome.ok
    ? { type: "QueryUpdated", value: outcome.value, ...common }
    : { type: "QueryFailed", errorMessage: outcome.message, ...errorData(outcome.data), ...common };
}

function errorData(data: JSONValue | undefined): { errorData?: JSONValue } {
  return data === undefined ? {} : { errorData: data };
}
