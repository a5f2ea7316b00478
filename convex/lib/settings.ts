import { env } from "../_generated/server";

type Required = "VIDEOTUTOR_API_URL" | "WEBHOOK_SECRET" | "CALLBACK_SECRET";

/** A variable that the deployment cannot do without; its name, never its value, is in the error. */
export function setting(name: Required): string {
  const value = env[name];
  if (value === undefined || value === "") {
    throw new Error(`${name} is not set: set it with \`npx convex env set ${name} …\``);
  }
  return value;
}

/** Secrets that may have signed an event: the current one and, during a rotation, the one before. */
export function callbackSecrets(): string[] {
  const previous = env.CALLBACK_SECRET_PREVIOUS;
  return previous ? [setting("CALLBACK_SECRET"), previous] : [setting("CALLBACK_SECRET")];
}

/** Whether callers without an identity act as the user "anonymous": development only. */
export function anonymousAllowed(): boolean {
  return env.VIDEOTUTOR_ANONYMOUS === "allow";
}
