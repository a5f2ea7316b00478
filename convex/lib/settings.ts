import { env } from "../_generated/server";
import { BadSetting, requireLength, secretFrom } from "./secrets";

type Required = "VIDEOTUTOR_API_URL" | "WEBHOOK_SECRET" | "CALLBACK_SECRET";

/** A variable that the deployment cannot do without, without white space around it; throws `BadSetting`. */
export function setting(name: Required): string {
  const value = secretFrom(name, env[name]);
  if (value === undefined) {
    throw new BadSetting(`${name} is not set: set it with \`npx convex env set ${name} …\``);
  }
  return value;
}

/** The secret that signs calls to the API; throws `BadSetting`. */
export function webhookSecret(): string {
  return signingSecret("WEBHOOK_SECRET", "CALLBACK_SECRET");
}

/**
 * Secrets that may have signed an event: the current one and, during a rotation, the one before, which may be shorter
 * than is allowed now. Throws `BadSetting`.
 */
export function callbackSecrets(): string[] {
  const secret = signingSecret("CALLBACK_SECRET", "WEBHOOK_SECRET");
  const previous = secretFrom("CALLBACK_SECRET_PREVIOUS", env.CALLBACK_SECRET_PREVIOUS);
  return previous ? [secret, previous] : [secret];
}

/**
 * Secrets that may have signed the API's question about a session. It has the webhook secret only, so that it cannot
 * forge reports; earlier versions signed with the callback secret.
 */
export function checkSecrets(): string[] {
  return [webhookSecret(), ...callbackSecrets()];
}

/** A secret that signs one way. With one for both ways, what was signed for one could be used for the other. */
function signingSecret(
  name: "WEBHOOK_SECRET" | "CALLBACK_SECRET",
  other: "WEBHOOK_SECRET" | "CALLBACK_SECRET",
): string {
  const secret = setting(name);
  requireLength(name, secret);
  if (secret === env[other]?.trim()) {
    throw new BadSetting(`${name} and ${other} must differ: each part needs only one of them`);
  }
  return secret;
}

/** Every secret that is set, usable or not. */
export function secrets(): string[] {
  const { WEBHOOK_SECRET, CALLBACK_SECRET, CALLBACK_SECRET_PREVIOUS } = env;
  return [WEBHOOK_SECRET, CALLBACK_SECRET, CALLBACK_SECRET_PREVIOUS]
    .map((value) => value?.trim() ?? "")
    .filter(Boolean);
}

/** Whether VideoJobs that Convex did not request may write into sessions from this namespace. */
export function isNamespaceAllowed(namespace: string): boolean {
  return (env.VIDEOTUTOR_FOREIGN_NAMESPACES ?? "").split(/[\s,]+/).includes(namespace);
}

/** Whether callers without an identity act as the user "anonymous": development only. */
export function anonymousAllowed(): boolean {
  return env.VIDEOTUTOR_ANONYMOUS === "allow";
}
