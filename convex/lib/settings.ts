import { env } from "../_generated/server";
import { BadSetting, secretFrom } from "./secrets";

type Required = "VIDEOTUTOR_API_URL" | "WEBHOOK_SECRET" | "CALLBACK_SECRET";

/** A variable that the deployment cannot do without, without white space around it; throws `BadSetting`. */
export function setting(name: Required): string {
  const value = secretFrom(name, env[name]);
  if (value === undefined) {
    throw new BadSetting(`${name} is not set: set it with \`npx convex env set ${name} …\``);
  }
  return value;
}

/** Secrets that may have signed an event: the current one and, during a rotation, the one before. */
export function callbackSecrets(): string[] {
  const previous = secretFrom("CALLBACK_SECRET_PREVIOUS", env.CALLBACK_SECRET_PREVIOUS);
  return previous ? [setting("CALLBACK_SECRET"), previous] : [setting("CALLBACK_SECRET")];
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
  return (env.VIDEOTUTOR_NAMESPACES ?? "").split(/[\s,]+/).includes(namespace);
}

/** Whether callers without an identity act as the user "anonymous": development only. */
export function anonymousAllowed(): boolean {
  return env.VIDEOTUTOR_ANONYMOUS === "allow";
}
