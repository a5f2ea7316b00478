import { AuthConfig } from "convex/server";

import { env } from "./_generated/server";

/**
 * Who may vouch for users: one OpenID Connect issuer, whose keys are fetched from its discovery document. Without an
 * issuer no user can sign in, and only VIDEOTUTOR_ANONYMOUS opens the functions. Convex refuses a deployment in which a
 * variable that is read here is not set: set AUTH_ISSUER to the empty string where no user signs in.
 */
export default {
  providers: env.AUTH_ISSUER ? [{ domain: env.AUTH_ISSUER, applicationID: env.AUTH_AUDIENCE ?? "convex" }] : [],
} satisfies AuthConfig;
