import { Doc } from "../_generated/dataModel";
import { Call } from "./videotutorApi";

/** The call to the API that a request of the outbox stands for; null where its job does not exist any more. */
export function callFor(request: Doc<"requests">, job: Doc<"jobs"> | null): Call | null {
  const { _id: requestId, body, order } = request;
  if (body.kind === "delete") {
    const { name: jobId, projectId, sessionId } = body;
    return withOrder("/jobs/delete", { jobId, action: "delete", projectId, sessionId, requestId }, order);
  }
  if (job === null) {
    return null;
  }
  const { name: jobId, projectId, sessionId } = job;
  const about = { jobId, projectId, sessionId, requestId };
  switch (body.kind) {
    case "edit": {
      const { sceneId, instruction } = body;
      return withOrder("/jobs/edit", { ...about, sceneId, instruction }, order);
    }
    case "cancel":
    case "retry":
      return withOrder(`/jobs/${body.kind}`, { ...about, action: body.kind }, order);
    case "generate": {
      const { prompt, sceneCount, options, requestId } = job;
      return { path: "/jobs/generate", body: { ...options, projectId, sessionId, prompt, sceneCount, requestId } };
    }
  }
}

/** Requests that an earlier version wrote have no order. */
function withOrder(path: string, body: Record<string, unknown>, order: number | undefined): Call {
  return { path, body: order === undefined ? body : { ...body, order } };
}
