/** Signatures of webhooks, both ways. The Python side is `crds/videojob/signatures.py`. */

/** Oldest and newest timestamp accepted, in seconds, as Standard Webhooks has it. */
export const TOLERANCE_SECONDS = 300;

const encoder = new TextEncoder();

/** Hex SHA-256 of a text. */
export async function sha256Hex(text: string): Promise<string> {
  return hex(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

/** `X-Webhook-Signature` of a call to the API: sha256= and the hex HMAC-SHA256 of the raw body. */
export async function bodySignature(secret: string, body: string): Promise<string> {
  const key = await hmacKey(secret, "sign");
  return `sha256=${hex(await crypto.subtle.sign("HMAC", key, encoder.encode(body)))}`;
}

/**
 * Checks a Standard Webhooks 1.0 call. Returns what is wrong with it, or null when it is genuine: signed with one of
 * the secrets, and recently (`now` is in seconds since 1970). `crypto.subtle.verify` compares in constant time.
 */
export async function webhookFault(
  headers: Headers,
  body: string,
  secrets: string[],
  now: number,
): Promise<string | null> {
  const id = headers.get("webhook-id");
  const timestamp = headers.get("webhook-timestamp");
  const signatures = headers.get("webhook-signature");
  if (!id || !timestamp || !signatures) {
    return "the headers webhook-id, webhook-timestamp and webhook-signature are required";
  }
  if (!/^\d+$/.test(timestamp) || Math.abs(now - Number(timestamp)) > TOLERANCE_SECONDS) {
    return `webhook-timestamp is more than ${TOLERANCE_SECONDS} seconds away from now`;
  }
  const message = encoder.encode(`${id}.${timestamp}.${body}`);
  return (await anyFits(secrets, signatures, message)) ? null : "no signature in webhook-signature fits";
}

async function anyFits(secrets: string[], signatures: string, message: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const given = signatures.split(" ").flatMap((entry) => (entry.startsWith("v1,") ? [fromBase64(entry.slice(3))] : []));
  for (const secret of secrets) {
    const key = await hmacKey(secret, "verify");
    for (const signature of given) {
      if (signature && (await crypto.subtle.verify("HMAC", key, signature, message))) {
        return true;
      }
    }
  }
  return false;
}

async function hmacKey(secret: string, usage: "sign" | "verify"): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, [usage]);
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The bytes, or null for what is not base64: an attacker's nonsense is a wrong signature, not a server error. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.length % 4 !== 0) {
    return null;
  }
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
