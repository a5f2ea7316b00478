/** White space that editors leave around a secret in a file. */
const AROUND = /^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g;

/** What an HTTP header can carry (RFC 9110, section 5.5). */
const USABLE = /^[\x20-\x7e]*$/;

/** Fewest characters of a secret that signs: shorter ones can be found by trying. The API has the same bound. */
const MIN_SECRET = 16;

/** A required variable is missing or unusable; the message names it, and never has its value. */
export class BadSetting extends Error {}

/**
 * The secret in a variable without white space around it; undefined where there is none. Throws `BadSetting`
 * where no header can carry it. `videojob.secret` does the same in Python.
 */
export function secretFrom(name: string, value: string | undefined): string | undefined {
  const secret = value?.replace(AROUND, "");
  if (secret !== undefined && !USABLE.test(secret)) {
    throw new BadSetting(
      `${name} must be one line of printable ASCII. White space around it is removed, but inside it there is a line ` +
        "break, a control character or a letter outside ASCII.",
    );
  }
  return secret === "" ? undefined : secret;
}

/** Throws `BadSetting` where a secret that signs is too short. */
export function requireLength(name: string, secret: string): void {
  if (secret.length < MIN_SECRET) {
    throw new BadSetting(`${name} must have at least ${MIN_SECRET} characters; \`openssl rand -hex 32\` makes one`);
  }
}

/** The text without these secrets, as they are, in JSON and in a URL, and without user and password in a URL. */
export function redacted(text: string, secrets: string[]): string {
  const forms = secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  const known = forms.reduce((rest, form) => rest.replaceAll(form, "[redacted]"), text);
  return known.replace(/(?<=:\/\/)[^\s/?#@"']+(?=@)/g, "[redacted]");
}
