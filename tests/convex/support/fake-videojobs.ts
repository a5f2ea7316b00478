import { expect } from "vitest";

type Body = { jobId?: string; requestId: string; timestamp: number; action?: string };

/** What becomes of a call: it is answered, its answer is lost, or it arrives long after it was given up. */
export type Fate = "answered" | "lost answer" | "arrives late";

/** The API refuses calls whose timestamp is further away than this. */
const TOLERANCE_SECONDS = 300;

/**
 * A fake of the API with the VideoJobs that it makes, cancels and deletes, behind a network that may hold calls. A call
 * that is held arrives once its time comes, if the API still accepts its timestamp then.
 */
export class FakeVideoJobs {
  /** Names of the VideoJobs that exist, and whether they are cancelled. */
  readonly videoJobs = new Map<string, { cancelled: boolean }>();
  readonly paths: string[] = [];
  private readonly held: { path: string; body: Body; arrivesAt: number }[] = [];

  constructor(
    private readonly nameOf: (requestId: string) => string,
    private readonly fateOf: (path: string, attempt: number) => Fate = () => "answered",
    private readonly heldFor = TOLERANCE_SECONDS,
  ) {}

  readonly fetch = (url: string, init: { body: string }): Promise<Response> => {
    this.deliverHeld();
    const path = new URL(url).pathname;
    const body = JSON.parse(init.body) as Body;
    this.paths.push(path);
    const attempt = this.paths.filter((other) => other === path).length;
    switch (this.fateOf(path, attempt)) {
      case "answered":
        return Promise.resolve(this.carryOut(path, body));
      case "lost answer":
        this.carryOut(path, body);
        return Promise.reject(new TypeError("the connection broke"));
      case "arrives late":
        this.held.push({ path, body, arrivesAt: Date.now() + this.heldFor * 1_000 });
        return Promise.reject(new DOMException("aborted", "AbortError"));
    }
  };

  /** Lets calls arrive whose time has come; all of them with `Infinity`. */
  deliverHeld(now = Date.now()): void {
    const due = this.held.filter(({ arrivesAt }) => arrivesAt <= now);
    for (const call of due) {
      this.held.splice(this.held.indexOf(call), 1);
      if (call.arrivesAt / 1_000 - call.body.timestamp <= TOLERANCE_SECONDS) {
        this.carryOut(call.path, call.body);
      }
    }
  }

  private carryOut(path: string, body: Body): Response {
    const name = body.jobId ?? this.nameOf(body.requestId);
    const known = this.videoJobs.get(name);
    if (path === "/jobs/generate") {
      this.videoJobs.set(name, known ?? { cancelled: false });
      return answer(known ? 200 : 202);
    }
    expect(path).toBe(`/jobs/${body.action}`);
    if (path === "/jobs/delete") {
      this.videoJobs.delete(name);
      return answer(known ? 202 : 200);
    }
    if (!known) {
      return problem(404);
    }
    known.cancelled = path === "/jobs/cancel";
    return answer(202);
  }
}

function answer(status: number): Response {
  return Response.json({ status: "accepted", namespace: "lessons" }, { status });
}

function problem(status: number): Response {
  return new Response(JSON.stringify({ status }), { status, headers: { "content-type": "application/problem+json" } });
}
