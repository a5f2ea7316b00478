import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

import { WebSocketServer, type RawData, type WebSocket } from "ws";

import { messageOf, ProtocolError } from "./errors";
import { parseMessage } from "./messages";
import type { Origins } from "./origins";
import type { ServerMessage } from "./protocol";
import { MAX_BODY_BYTES, pathOf } from "./requests";
import { Session, type Connection, type Services } from "./session";

/** The JavaScript client has its version in the path, the Python client has not. */
const SYNC_PATH = /^\/api\/([^/]+\/)?sync$/;

/** Clients drop a connection that is silent for half a minute. */
const PING_INTERVAL_MS = 15_000;

const MAX_SOCKETS = 1_000;

/** A client that does not read this much is disconnected. */
const MAX_UNREAD_BYTES = 64 * 1024 * 1024;

/** Serves the sync protocol over WebSocket, and sends every session what each commit changed. */
export function serveSync(services: Services, origins: Origins, server: Server): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_BODY_BYTES });
  const sessions = new Set<Session>();
  services.host.transactions.onCommit((changes) => sessions.forEach((session) => session.committed(changes)));
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    const status = refusalOf(request, origins, sockets.clients.size);
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => connect(services, webSocket, sessions));
  });
  return sockets;
}

function refusalOf(request: IncomingMessage, origins: Origins, connected: number): string | undefined {
  if (!SYNC_PATH.test(pathOf(request))) {
    return "404 Not Found";
  }
  if (!origins.isAllowed(request)) {
    return "403 Origin Not In ALLOWED_ORIGINS";
  }
  return connected >= MAX_SOCKETS ? "503 Too Many Connections" : undefined;
}

function connect(services: Services, socket: WebSocket, sessions: Set<Session>): void {
  const connection: Connection = {
    send: (message) => sendTo(socket, message),
    close: (reason) => socket.close(1011, shortened(reason)),
  };
  const session = new Session(services, connection);
  const ping = setInterval(() => connection.send({ type: "Ping" }), PING_INTERVAL_MS);
  sessions.add(session);
  socket.on("message", (data, isBinary) => session.receive(() => parseMessage(textOf(data, isBinary))));
  socket.on("error", (error) => console.error(`a WebSocket failed: ${messageOf(error)}`));
  socket.on("close", () => {
    session.end();
    sessions.delete(session);
    clearInterval(ping);
  });
}

function textOf(data: RawData, isBinary: boolean): string {
  if (isBinary) {
    throw new ProtocolError("the message is binary; the sync protocol is text");
  }
  return (data as Buffer).toString();
}

function sendTo(socket: WebSocket, message: ServerMessage): void {
  if (socket.readyState !== socket.OPEN) {
    return;
  }
  if (socket.bufferedAmount > MAX_UNREAD_BYTES) {
    socket.terminate();
    return;
  }
  socket.send(JSON.stringify(message));
}

/** The reason of a close frame, which has room for 123 bytes. */
function shortened(reason: string): string {
  return Buffer.from(reason)
    .subarray(0, 120)
    .toString()
    .replace(/\uFFFD+$/, "");
}
