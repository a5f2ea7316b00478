import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Answers a request. Must not throw. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** The most open connections of one origin. */
const MAX_CONNECTIONS = 2_000;

/** An HTTP server that listens before it can answer: its address is known while the functions are loaded. */
export class Origin {
  readonly server = createServer((request, response) => this.answer(request, response));

  answer: Answer = (_request, response) => response.writeHead(503).end("convex-local is starting");

  /** Listens on a port and returns the address; throws if the port is taken. */
  async listen(host: string, port: number): Promise<string> {
    this.server.maxConnections = MAX_CONNECTIONS;
    this.server.listen(port, host);
    await once(this.server, "listening");
    return `http://${host}:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
