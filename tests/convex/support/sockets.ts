import { randomUUID } from "node:crypto";
import { once } from "node:events";

import { onTestFinished } from "vitest";
import { WebSocket, type ClientOptions } from "ws";

type Message = Record<string, unknown> & { type: string };

/** A connection of the sync protocol without a client: it sends what a test gives it and keeps what it receives. */
export async function openSocket(url: string, options: ClientOptions = {}) {
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/sync`, options);
  onTestFinished(() => socket.terminate());
  const received: Message[] = [];
  socket.on("message", (data) => received.push(JSON.parse((data as Buffer).toString()) as Message));
  const closed = new Promise<number>((resolve) => socket.on("close", resolve));
  await once(socket, "open");
  const send = (message: unknown) => socket.send(typeof message === "string" ? message : JSON.stringify(message));
  return { received, closed, send, sendBytes: (bytes: Buffer) => socket.send(bytes) };
}

/** The first message of a client, with changes. */
export function aConnect(changes: object = {}): Message {
  return {
    type: "Connect",
    sessionId: randomUUID(),
    connectionCount: 0,
    lastCloseReason: "InitialConnect",
    ...changes,
  };
}
