import { TIMEOUT_MS } from "./outbox";
import { redacted } from "./secrets";
import { secrets, setting, webhookSecret } from "./settings";
import { bodySignature } from "./signatures";

/** One call to the API: where, and what. The timestamp is added when it is sent. */
export type Call = { path: string; body: Record<string, unknown> };

/**
 * What came of it. `superseded`: the API carried out a later request before. `rejected` is final, and `isGone` says that
 * the VideoJob does not exist; `unanswered` is worth another attempt. Messages are for users.
 */
export type Reply =
  | { kind: "accepted"; namespace?: string }
  | { kind: "superseded" }
  | { kind: "rejected"; message: string; isGone?: true }
  | { kind: "unanswered"; message: string };

/** What users read while calls fail for reasons that they cannot change: settings, proxies, an API that is down. */
export const TROUBLE = "The video service is not answering correctly. We keep trying.";

/** Longest message that users read, and longest part of an answer that is logged. */
const MAX_MESSAGE = 500;
const MAX_LOGGED = 2_000;

/** How much of an answer is read: a problem document or an acceptance is far shorter. */
const MAX_ANSWER_BYTES = 65_536;

/** Name of a namespace (RFC 1123 label). */
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Media type of the API's problem documents (RFC 9457). */
const PROBLEM_TYPE = "application/problem+json";

/** The statuses with which a problem document is final, and what they mean to a user. */
const REFUSALS: Record<number, string> = {
  400: "The video service did not accept this request.",
  404: "This video does not exist any more.",
  409: "This is not possible in the present state of the video.",
  410: "This video does not exist any more.",
  413: "This request is too long. Shorten the text and try again.",
  422: "The video service did not accept this request.",
};
const UNKNOWN_SESSION = "This session does not exist any more.";

/** Fields that users fill in, and can change. Messages about others (headers, ids, timestamps) are for the log. */
const USER_FIELDS = ["prompt", "sceneCount", "sceneId", "instruction", "planner", "language", "output", "narration"];

/** Signs a call and sends it to VIDEOTUTOR_API_URL. Never throws: what went wrong is in the reply and in the log. */
export async function post(call: Call): Promise<Reply> {
  try {
    const answer = await send(call);
    return replyOf(call, refusesOrder(answer) ? await send(withoutOrder(call)) : answer);
  } catch (error) {
    // The text of an error may name settings or quote anything, so users do not read it.
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    log(call, `no answer (${name}): ${message}`);
    return { kind: "unanswered", message: TROUBLE };
  }
}

type Answer = { status: number; type: string; body: string };

async function send({ path, body }: Call): Promise<Answer> {
  const url = setting("VIDEOTUTOR_API_URL").replace(/\/+$/, "") + path;
  const raw = JSON.stringify({ ...body, timestamp: Math.floor(Date.now() / 1000) });
  const headers = {
    "content-type": "application/json",
    "x-webhook-signature": await bodySignature(webhookSecret(), raw),
  };
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
  try {
    // A signed body is for this address only: a redirect is not followed and counts as no answer.
    const request = { method: "POST", headers, body: raw, signal: timeout.signal, redirect: "manual" as const };
    const response = await fetch(url, request);
    const type = response.headers.get("content-type") ?? "";
    return { status: response.status, type, body: await startOf(response) };
  } finally {
    clearTimeout(timer);
  }
}

/** The start of an answer's body, at most `MAX_ANSWER_BYTES`. */
async function startOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let read = 0; reader && read < MAX_ANSWER_BYTES;) {
    const { done, value } = await reader.read();
    if (done) {
      return text;
    }
    read += value.byteLength;
    text += decoder.decode(value, { stream: true });
  }
  await reader?.cancel();
  return text;
}

/**
 * Judges an answer. Only a JSON object with the status "accepted" or "superseded" is an acceptance, and only a problem
 * document of the API is a refusal of this request. Anything else (a sign-in page with 200, 401, 403, 408, 421, 425,
 * 429, 5xx, a redirect, a proxy's page) is a fault of settings or on the way, and passes.
 */
function replyOf(call: Call, answer: Answer): Reply {
  const { status, body } = answer;
  const fields = jsonObject(body);
  if (status >= 200 && status < 300 && fields?.["status"] === "accepted") {
    const { namespace } = fields;
    const isName = typeof namespace === "string" && NAMESPACE.test(namespace);
    return { kind: "accepted", ...(isName && { namespace }) };
  }
  if (status >= 200 && status < 300 && fields?.["status"] === "superseded" && call.path !== "/jobs/generate") {
    return { kind: "superseded" };
  }
  const refusal = isProblem(answer, fields) ? REFUSALS[status] : undefined;
  log(call, `HTTP ${status}: ${body}`);
  if (refusal === undefined || fields === null || asksElsewhere(call, status, fields)) {
    return { kind: "unanswered", message: TROUBLE };
  }
  const message = refusalMessage(call, status, refusal, fields);
  return { kind: "rejected", message, ...(isGone(call, status, fields) && { isGone: true }) };
}

/**
 * Whether the API does not know a session that was there when the call was sent: it asks another Convex deployment
 * (CONVEX_SITE_URL), which is a fault of its settings.
 */
function asksElsewhere({ path }: Call, status: number, problem: Record<string, unknown>): boolean {
  const names = errorsOf(problem).some(({ field }) => field === "projectId" || field === "sessionId");
  return status === 404 && path === "/jobs/generate" && names;
}

/** Whether a refusal says that there is no VideoJob of that name; an API of an earlier version may lack the path. */
function isGone({ path }: Call, status: number, { type, detail }: Record<string, unknown>): boolean {
  const lacksPath = String(type).endsWith("#no-such-address") || String(detail).startsWith("there is no such address");
  return (status === 404 || status === 410) && path !== "/jobs/generate" && !lacksPath;
}

/** Whether an API of an earlier version refuses `order`, a field that it does not have. */
function refusesOrder(answer: Answer): boolean {
  const fields = jsonObject(answer.body);
  return answer.status === 422 && isProblem(answer, fields) && errorsOf(fields).some(({ field }) => field === "order");
}

function withoutOrder({ path, body }: Call): Call {
  return { path, body: Object.fromEntries(Object.entries(body).filter(([name]) => name !== "order")) };
}

function isProblem({ status, type }: Answer, fields: Record<string, unknown> | null): boolean {
  return type.split(";")[0]?.trim().toLowerCase() === PROBLEM_TYPE && fields?.["status"] === status;
}

function refusalMessage({ path }: Call, status: number, refusal: string, problem: Record<string, unknown>): string {
  const gone = status === 404 || status === 410;
  const sentence = gone && path === "/jobs/generate" ? UNKNOWN_SESSION : refusal;
  const details = errorsOf(problem)
    .filter(({ field }) => USER_FIELDS.includes(field.split(/[.[]/)[0] ?? ""))
    .map(({ field, message }) => `${field}: ${message}`);
  return [sentence, details.join("; ")].filter(Boolean).join(" ").slice(0, MAX_MESSAGE);
}

/** What a problem document says about single fields. */
function errorsOf(problem: Record<string, unknown> | null): { field: string; message: string }[] {
  const errors: unknown = problem?.["errors"];
  return ((Array.isArray(errors) ? errors : []) as unknown[]).flatMap((error) => {
    const { field, message } = Object(error) as { field?: unknown; message?: unknown };
    return typeof field === "string" && typeof message === "string" ? [{ field, message }] : [];
  });
}

function jsonObject(body: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && !Array.isArray(value) ? (value as Record<string, unknown> | null) : null;
  } catch {
    return null; // a proxy's page, or an answer that was cut
  }
}

function log({ path }: Call, what: string): void {
  console.error(`POST ${path} to the API:`, redacted(what, secrets()).slice(0, MAX_LOGGED));
}
