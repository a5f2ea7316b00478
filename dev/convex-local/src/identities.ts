import { timingSafeEqual } from "node:crypto";

import type { AuthConfig, AuthProvider, UserIdentity } from "convex/server";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
} from "jose";

import { ANONYMOUS, AuthenticationError, type Caller } from "./caller";

/** The claims that Convex renames; others keep their names. */
const ATTRIBUTES: Record<string, string> = {
  given_name: "givenName",
  family_name: "familyName",
  preferred_username: "preferredUsername",
  profile: "profileUrl",
  picture: "pictureUrl",
  email_verified: "emailVerified",
  birthdate: "birthday",
  zoneinfo: "timezone",
  locale: "language",
  phone_number: "phoneNumber",
  phone_number_verified: "phoneNumberVerified",
  updated_at: "updatedAt",
};

/** Verifies credentials as `auth.config.ts` configures. A token is accepted only with a valid signature. */
export class Identities {
  readonly #keys = new Map<AuthProvider, Promise<JWTVerifyGetKey>>();

  constructor(
    private readonly config: AuthConfig,
    private readonly adminKey: string | undefined,
  ) {}

  /** The caller behind an Authorization header; throws `AuthenticationError`. */
  async ofHeader(header: string | undefined): Promise<Caller> {
    const [scheme, value] = header?.split(/ (.*)/s) ?? [];
    switch (scheme) {
      case undefined:
        return ANONYMOUS;
      case "Bearer":
        return await this.ofToken("User", value ?? "");
      case "Convex":
        return await this.ofToken("Admin", value ?? "");
      default:
        throw new AuthenticationError("InvalidAuthHeader", "the Authorization header must be `Bearer …` or `Convex …`");
    }
  }

  /** The caller behind a token of the sync protocol; throws `AuthenticationError`. */
  async ofToken(type: "User" | "Admin" | "None", value: string): Promise<Caller> {
    switch (type) {
      case "None":
        return ANONYMOUS;
      case "Admin":
        if (this.adminKey === undefined || !same(this.adminKey, value)) {
          throw new AuthenticationError("BadDeployKey", "the admin key does not fit this server");
        }
        return { kind: "admin" };
      case "User":
        return await this.#userOf(value);
    }
  }

  async #userOf(token: string): Promise<Caller> {
    const payload = await this.#verified(token);
    return { kind: "user", identity: identityOf(payload), expires: (payload.exp ?? Infinity) * 1_000 };
  }

  async #verified(token: string): Promise<JWTPayload> {
    try {
      const { iss, aud } = decodeJwt(token);
      const provider = this.config.providers.find((known) => isIssuer(known, iss) && audienceFits(known, aud));
      if (!provider) {
        throw new Error(`auth.config.ts has no provider for issuer ${iss} and audience ${String(aud)}`);
      }
      const algorithms = "type" in provider ? [provider.algorithm] : ["RS256", "ES256"];
      return (await jwtVerify(token, await this.#keysOf(provider), { algorithms, requiredClaims: ["exp", "sub"] }))
        .payload;
    } catch (error) {
      throw new AuthenticationError("InvalidAuthToken", `the token was refused: ${(error as Error).message}`);
    }
  }

  /** A provider's keys, loaded once; a failed attempt is repeated on the next use. */
  async #keysOf(provider: AuthProvider): Promise<JWTVerifyGetKey> {
    const known = this.#keys.get(provider) ?? findKeys(provider);
    this.#keys.set(provider, known);
    try {
      return await known;
    } catch (error) {
      this.#keys.delete(provider);
      throw error;
    }
  }
}

async function findKeys(provider: AuthProvider): Promise<JWTVerifyGetKey> {
  if (!("type" in provider)) {
    const discovery = await fetch(
      `${withScheme(provider.domain).replace(/\/+$/, "")}/.well-known/openid-configuration`,
    );
    const { jwks_uri } = (await discovery.json()) as { jwks_uri: string };
    return createRemoteJWKSet(new URL(jwks_uri));
  }
  if (provider.jwks.startsWith("data:")) {
    return createLocalJWKSet((await (await fetch(provider.jwks)).json()) as Parameters<typeof createLocalJWKSet>[0]);
  }
  return createRemoteJWKSet(new URL(provider.jwks));
}

/** As in Convex: `https://` may be left out, and a slash at the end makes no difference. */
function isIssuer(provider: AuthProvider, issuer = ""): boolean {
  const expected = "type" in provider ? provider.issuer : provider.domain;
  return withScheme(expected).replace(/\/+$/, "") === withScheme(issuer).replace(/\/+$/, "");
}

function withScheme(issuer: string): string {
  return /^https?:\/\//.test(issuer) ? issuer : `https://${issuer}`;
}

function audienceFits({ applicationID }: AuthProvider, audience: string | string[] | undefined): boolean {
  return applicationID === undefined || [audience].flat().includes(applicationID);
}

function identityOf({ iss = "", sub = "", aud: _aud, exp: _exp, nbf: _nbf, ...claims }: JWTPayload): UserIdentity {
  const named = Object.entries(claims).map(([claim, value]) => [ATTRIBUTES[claim] ?? claim, value]);
  return { ...Object.fromEntries(named), issuer: iss, subject: sub, tokenIdentifier: `${iss}|${sub}` } as UserIdentity;
}

function same(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}
