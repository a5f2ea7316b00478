import { ProtocolError } from "./errors";
import type { ClientMessage } from "./protocol";

/** Convex's own limit for the arguments of a function. */
const MAX_ARGS_BYTES = 16 * 1024 * 1024;

type Fields = Record<string, unknown>;
type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isUuid: Check = (value) => typeof value === "string" && /^[0-9a-f-]{36}$/i.test(value);
const isArgs: Check = (value) =>
  value === undefined ||
  (Array.isArray(value) && value.length <= 1 && Buffer.byteLength(text(value)) <= MAX_ARGS_BYTES);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || value === null || check(value);
const isOneOf =
  (...values: string[]): Check =>
  (value) =>
    values.includes(value as string);

const CALL = { requestId: isNumber, udfPath: isText, args: isArgs, componentPath: optional(isOneOf("")) };

/** The fields of every message of the sync protocol that this server reads. */
const MESSAGES: Record<ClientMessage["type"], Record<string, Check>> = {
  Connect: { sessionId: isUuid, maxObservedTimestamp: optional(isText) },
  Authenticate: { tokenType: isOneOf("User", "Admin", "None"), value: optional(isText), baseVersion: isNumber },
  ModifyQuerySet: { baseVersion: isNumber, newVersion: isNumber, modifications: Array.isArray },
  Mutation: CALL,
  Action: CALL,
  Event: {},
};

const MODIFICATIONS: Record<string, Record<string, Check>> = {
  Add: {
    queryId: isNumber,
    udfPath: isText,
    args: isArgs,
    journal: optional(isText),
    componentPath: CALL.componentPath,
  },
  Remove: { queryId: isNumber },
};

/** Reads a message of the sync protocol; throws `ProtocolError` that names the wrong field. */
export function parseMessage(json: string): ClientMessage {
  let message: unknown;
  try {
    message = JSON.parse(json);
  } catch {
    throw new ProtocolError("the message is not JSON");
  }
  const fields = check("message", MESSAGES, message);
  if (fields["type"] === "ModifyQuerySet") {
    (fields["modifications"] as unknown[]).forEach((each) => check("modification", MODIFICATIONS, each));
  }
  return fields as ClientMessage;
}

function check(what: string, known: Record<string, Record<string, Check>>, value: unknown): Fields {
  const fields = Object(value) as Fields;
  const { type } = fields;
  const checks = typeof type === "string" && Object.hasOwn(known, type) ? known[type] : undefined;
  if (!checks) {
    throw new ProtocolError(`the ${what} has an unknown \`type\`: ${text(type).slice(0, 50)}`);
  }
  const wrong = Object.keys(checks).find((name) => !checks[name]?.(fields[name]));
  if (wrong === "componentPath") {
    throw new ProtocolError("not in convex-local: components (`componentPath`)");
  }
  if (wrong !== undefined) {
    throw new ProtocolError(`the ${what} ${text(type)} has a wrong \`${wrong}\``);
  }
  return fields;
}

function text(value: unknown): string {
  return JSON.stringify(value ?? null);
}
