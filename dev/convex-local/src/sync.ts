import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

import { WebSocketServer, type RawData, type WebSocket } from "ws";

import type { ClientMessage, ServerMessage } from "./protocol";
import { pathOf } from "./requests";
import { Session, type Services } from "./session";

/** The JavaScript client names its version in the path, the Python client does not. */
const SYNC_PATH = /^\/api\/([^/]+\/)?sync$/;

/** Clients take a connection that is silent for half a minute for dead. */
const PING_INTERVAL_MS = 15_000;

/** Serves the sync protocol over WebSocket, and brings every session up to date after each commit. */
export function serveSync(services: Services, server: Server): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true });
  const sessions = new Set<Session>();
  services.host.transactions.onCommit(async (changes) => {
    await Promise.all([...sessions].map((session) => session.refresh(changes)));
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!SYNC_PATH.test(pathOf(request))) {
      socket.destroy();
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => connect(services, webSocket, sessions));
  });
  return sockets;
}

function connect(services: Services, socket: WebSocket, sessions: Set<Session>): void {
  const send = (message: ServerMessage) => sendTo(socket, message);
  const session = new Session(services, send);
  const ping = setInterval(() => send({ type: "Ping" }), PING_INTERVAL_MS);
  sessions.add(session);
  socket.on("message", (data) => receive(session, data, send));
  socket.on("error", (error) => console.error("a WebSocket failed", error));
  socket.on("close", () => {
    sessions.delete(session);
    clearInterval(ping);
  });
}

function receive(session: Session, data: RawData, send: (message: ServerMessage) => void): void {
  try {
    session.receive(JSON.parse((data as Buffer).toString()) as ClientMessage);
  } catch (error) {
    send({ type: "FatalError", error: `not a message: ${(error as Error).message}` });
  }
}

/** A connection ends with its first FatalError. */
function sendTo(socket: WebSocket, message: ServerMessage): void {
  if (socket.readyState !== socket.OPEN) {
    return;
  }
  socket.send(JSON.stringify(message));
  if (message.type === "FatalError") {
    socket.close(1011, "FatalError");
  }
}
