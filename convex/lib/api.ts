import { TIMEOUT_MS } from "./queue";
import { BadSetting, redacted } from "./secrets";
import { secrets, setting } from "./settings";
import { bodySignature } from "./signatures";

/** One call to the API: where, and what. The timestamp is added when it is sent. */
export type Call = { path: string; body: Record<string, unknown> };

/** What came of it: `rejected` is the caller's fault and final, `unanswered` is worth another attempt. */
export type Reply = { kind: "accepted"; namespace?: string } | { kind: "rejected" | "unanswered"; message: string };

/** Longest message that is kept of an answer. */
const MAX_MESSAGE = 1_000;

/** Name of a namespace (RFC 1123 label). */
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Client errors that pass: the request took too long (408), came too early (425) or too often (429). */
const PASSING = [408, 425, 429];

/** Signs a call and sends it to VIDEOTUTOR_API_URL. Never throws: what went wrong is in the reply. */
export async function post(call: Call): Promise<Reply> {
  try {
    return await replyOf(await send(call));
  } catch (error) {
    return { kind: "unanswered", message: reasonOf(error) };
  }
}

/** What of an error users may read: an unexpected one may quote anything, so its text stays in the log. */
function reasonOf(error: unknown): string {
  if (error instanceof BadSetting) {
    return error.message;
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  console.error("the API gave no answer:", name, redacted(message, secrets()));
  return `the API gave no answer (${name}): see the log of the deployment`;
}

async function send({ path, body }: Call): Promise<Response> {
  const url = setting("VIDEOTUTOR_API_URL").replace(/\/+$/, "") + path;
  const raw = JSON.stringify({ ...body, timestamp: Math.floor(Date.now() / 1000) });
  const headers = {
    "content-type": "application/json",
    "x-webhook-signature": await bodySignature(setting("WEBHOOK_SECRET"), raw),
  };
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
  try {
    // A signed body is for this address only, wherever a redirect leads: it counts as no answer, and is told as such.
    return await fetch(url, { method: "POST", headers, body: raw, signal: timeout.signal, redirect: "manual" });
  } finally {
    clearTimeout(timer);
  }
}

async function replyOf(response: Response): Promise<Reply> {
  if (response.ok) {
    const namespace = namespaceIn(await response.text());
    return { kind: "accepted", ...(namespace !== undefined && { namespace }) };
  }
  const message = problemOf(response.status, await response.text());
  const final = response.status >= 400 && response.status < 500 && !PASSING.includes(response.status);
  return { kind: final ? "rejected" : "unanswered", message };
}

/** The namespace that the API made the VideoJob in; undefined where an older API does not say it. */
function namespaceIn(body: string): string | undefined {
  try {
    const { namespace } = Object(JSON.parse(body)) as { namespace?: unknown };
    return typeof namespace === "string" && NAMESPACE.test(namespace) ? namespace : undefined;
  } catch {
    return undefined; // a 2xx is an acceptance, whatever its body
  }
}

/** What an RFC 9457 problem document says, naming the fields at fault; the bare status for any other body. */
function problemOf(status: number, body: string): string {
  try {
    const { title, detail, errors } = JSON.parse(body) as Problem;
    const fields = (errors ?? []).map(({ field, message }) => `${field}: ${message}`);
    const said = [detail ?? title ?? `HTTP ${status}`, ...fields.filter((text) => !detail?.includes(text))];
    return said.join("; ").slice(0, MAX_MESSAGE);
  } catch {
    return `the API answered with HTTP ${status}`;
  }
}

type Problem = { title?: string; detail?: string; errors?: { field: string; message: string }[] };
