/** Timestamps of the sync protocol: nanoseconds since 1970 that never repeat and never go back. */
export class Clock {
  #last = 0n;

  /** A timestamp later than every one before it. */
  next(): bigint {
    const now = BigInt(Date.now()) * 1_000_000n;
    this.#last = now > this.#last ? now : this.#last + 1n;
    return this.#last;
  }

  /** Takes note of a timestamp that a client saw from an earlier run of the server. */
  observe(timestamp: bigint): void {
    if (timestamp > this.#last) {
      this.#last = timestamp;
    }
  }
}

/** A timestamp as the protocol writes it: eight bytes, little-endian, in base64. */
export function encodeTimestamp(timestamp: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(timestamp);
  return bytes.toString("base64");
}

/** The reverse of `encodeTimestamp`. */
export function decodeTimestamp(text: string): bigint {
  return Buffer.from(text, "base64").readBigUInt64LE();
}
