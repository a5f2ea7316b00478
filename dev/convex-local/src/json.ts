import { jsonToConvex, type JSONValue, type Value } from "convex/values";

/**
 * JSON with every whole number written as `1.0`, as Convex's own server writes its floats: the Python client takes a
 * bare `1` for an error.
 */
export function withFloats(value: unknown): string {
  if (typeof value === "number" && Number.isInteger(value) && Math.abs(value) < 1e21) {
    return `${value}.0`;
  }
  if (Array.isArray(value)) {
    return `[${value.map(withFloats).join(",")}]`;
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${withFloats(member)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** Convex's encoding turned into the plain JSON that callers with `format: "json"` get. */
export function plain(encoded: JSONValue): unknown {
  return plainValue(jsonToConvex(encoded));
}

function plainValue(value: Value | undefined): unknown {
  if (typeof value === "bigint") {
    return value.toString();
  }
  if (value instanceof ArrayBuffer) {
    return Buffer.from(value).toString("base64");
  }
  if (Array.isArray(value)) {
    return value.map(plainValue);
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, plainValue(member as Value)]));
  }
  return value;
}
