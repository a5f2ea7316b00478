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

import { NOBODY, Refused, type Caller } from "./caller";

/** Names of the claims that Convex renames; others keep theirs. */
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

/** Turns credentials into callers, as `auth.config.ts` says. A token counts only with a valid signature. */
export class Identities {
  readonly #keys = new Map<AuthProvider, Promise<JWTVerifyGetKey>>();

  constructor(
    private readonly config: AuthConfig,
    private readonly adminKey: string | undefined,
  ) {}

  /** The caller behind an Authorization header; throws `Refused`. */
  async ofHeader(header: string | undefined): Promise<Caller> {
    const [scheme, value] = header?.split(/ (.*)/s) ?? [];
    switch (scheme) {
      case undefined:
        return NOBODY;
      case "Bearer":
        return await this.ofToken("User", value ?? "");
      case "Convex":
        return await this.ofToken("Admin", value ?? "");
      default:
        throw new Refused("InvalidAuthHeader", "the Authorization header must be `Bearer …` or `Convex …`");
    }
  }

  /** The caller behind a token of the sync protocol; throws `Refused`. */
  async ofToken(type: "User" | "Admin" | "None", value: string): Promise<Caller> {
    switch (type) {
      case "None":
        return NOBODY;
      case "Admin":
        if (this.adminKey === undefined || !same(this.adminKey, value)) {
          throw new Refused("BadDeployKey", "the admin key does not fit this server");
        }
        return { kind: "admin" };
      case "User":
        return { kind: "user", identity: identityOf(await this.#verified(value)) };
    }
  }

  async #verified(token: string): Promise<JWTPayload> {
    try {
      const { iss, aud } = decodeJwt(token);
      const provider = this.config.providers.find((known) => issuerOf(known) === iss && audienceFits(known, aud));
      if (!provider) {
        throw new Error(`auth.config.ts has no provider for issuer ${iss} and audience ${String(aud)}`);
      }
      const algorithms = "type" in provider ? [provider.algorithm] : ["RS256", "ES256"];
      return (await jwtVerify(token, await this.#keysOf(provider), { algorithms })).payload;
    } catch (error) {
      throw new Refused("InvalidAuthToken", `the token was refused: ${(error as Error).message}`);
    }
  }

  /** A provider's keys, found once; a failed attempt is not remembered. */
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
    const discovery = await fetch(`${provider.domain.replace(/\/$/, "")}/.well-known/openid-configuration`);
    const { jwks_uri } = (await discovery.json()) as { jwks_uri: string };
    return createRemoteJWKSet(new URL(jwks_uri));
  }
  if (provider.jwks.startsWith("data:")) {
    return createLocalJWKSet((await (await fetch(provider.jwks)).json()) as Parameters<typeof createLocalJWKSet>[0]);
  }
  return createRemoteJWKSet(new URL(provider.jwks));
}

function issuerOf(provider: AuthProvider): string {
  return "type" in provider ? provider.issuer : provider.domain;
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
