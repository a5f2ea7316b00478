import type { Event } from "../../../convex/lib/events";
import type { Phase, ScenePhase } from "../../../convex/phases";

const encoder = new TextEncoder();

/** A report of the operator. What a test does not say is a first report of a job that is being planned. */
export function anEvent(
  of: { name: string; sessionId?: string; projectId?: string },
  changes: Partial<Event> = {},
): Event {
  const { uid = "uid-1", generation = 1, sequence = 1 } = changes;
  return {
    eventId: `${of.name}/${uid}/${generation}/${sequence}`,
    name: of.name,
    uid,
    ...(of.projectId !== undefined && { projectId: of.projectId }),
    ...(of.sessionId !== undefined && { sessionId: of.sessionId }),
    namespace: "lessons",
    createdAt: "2025-12-31T23:59:00Z",
    generation,
    sequence,
    phase: "Planning",
    progress: 5,
    scenes: [],
    at: "2026-01-01T00:00:00Z",
    ...changes,
  };
}

/** Scenes in these phases, named scene-1, scene-2, … */
export function scenes(...phases: ScenePhase[]): Event["scenes"] {
  return phases.map((phase, index) => ({ id: `scene-${index + 1}`, title: `Scene ${index + 1}`, phase }));
}

/** The states that a video of two scenes goes through, each with its own sequence number. */
export function aWholeLife(of: { name: string; sessionId: string }): Event[] {
  const states: [Phase, number, Event["scenes"]][] = [
    ["Planning", 5, []],
    ["Rendering", 10, scenes("Running", "Pending")],
    ["Rendering", 50, scenes("Succeeded", "Running")],
    ["Stitching", 90, scenes("Succeeded", "Succeeded")],
    ["Succeeded", 100, scenes("Succeeded", "Succeeded")],
  ];
  return states.map(([phase, progress, scenes], index) =>
    anEvent(of, { sequence: index + 1, phase, progress, scenes, ...(phase === "Succeeded" && { video: A_VIDEO }) }),
  );
}

export const A_VIDEO = {
  url: "http://localhost/video.mp4",
  durationSeconds: 12.5,
  bytes: 1_000,
  sha256: "ab".repeat(32),
};

/** A call signed as Standard Webhooks 1.0 says, by default with a good secret and now. */
export async function signedCall(
  body: unknown,
  { secret = "the-callback-secret", timestamp = Math.floor(Date.now() / 1000), id = "msg-1" } = {},
): Promise<{ method: "POST"; headers: Record<string, string>; body: string }> {
  const raw = typeof body === "string" ? body : JSON.stringify(body);
  const mac = await hmac(secret, `${id}.${timestamp}.${raw}`);
  const signature = `v1,${btoa(String.fromCharCode(...mac))}`;
  const headers = { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": signature };
  return { method: "POST", headers, body: raw };
}

/** HMAC-SHA256 of a text. */
export async function hmac(secret: string, text: string): Promise<Uint8Array> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
}

/** Bytes in hex. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
