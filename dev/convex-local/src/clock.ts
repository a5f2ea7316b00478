import { ProtocolError } from "./errors";

/** Timestamps of the sync protocol: nanoseconds since 1970, strictly increasing. */
export class Clock {
  #last = 0n;

  /** A timestamp later than every earlier one. */
  next(): bigint {
    this.#last = this.latest() + 1n;
    return this.#last;
  }

  /** The latest timestamp that a client of this server, or of an earlier run of it, can have received. */
  latest(): bigint {
    const now = BigInt(Date.now()) * 1_000_000n;
    return now > this.#last ? now : this.#last;
  }
}

/** Encodes a timestamp as the protocol does: eight bytes, little-endian, in base64. */
export function encodeTimestamp(timestamp: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(timestamp);
  return bytes.toString("base64");
}

/** The reverse of `encodeTimestamp`; throws `ProtocolError`. */
export function decodeTimestamp(text: string): bigint {
  if (!/^[A-Za-z0-9+/]{11}=$/.test(text)) {
    throw new ProtocolError("a timestamp must be eight bytes in base64");
  }
  return Buffer.from(text, "base64").readBigUInt64LE();
}
