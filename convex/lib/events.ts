import { parse, ValidationError } from "convex-helpers/validators";
import { Infer } from "convex/values";

import { Doc } from "../_generated/dataModel";
import { TERMINAL } from "../phases";
import { event } from "./validators";

/** The operator's report of a VideoJob at one sequence number. */
export type Event = Infer<typeof event>;

/** One scene of it. */
export type SceneReport = Event["scenes"][number];

/** The part of a job's row that orders reports. */
export type Reported = Pick<Doc<"jobs">, "uid" | "generation" | "sequence" | "phase" | "reportedAt">;

/** A body that is no event; `field` names the part at fault. */
export class BadBody extends Error {
  constructor(
    message: string,
    readonly field?: string,
  ) {
    super(message);
  }
}

/** The event in a request's body. Unknown fields are ignored; null counts as absent. */
export function readEvent(body: string): Event {
  const value = parseJson(body);
  try {
    const read = parse(event, value);
    checkNamespace(read);
    checkRanges(read);
    checkTimes(read);
    return read;
  } catch (error) {
    if (error instanceof ValidationError) {
      throw new BadBody(error.message, error.path);
    }
    throw error;
  }
}

/** A JSON object without its null members. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body, (_key, value: unknown) => (isRecord(value) ? withoutNulls(value) : value)) as unknown;
  } catch (error) {
    throw new BadBody(`the body is not JSON: ${(error as Error).message}`);
  }
}

/**
 * Whether an event says something newer than a job's row holds. Sequence numbers order the events of one VideoJob;
 * a VideoJob that was deleted and made again (another uid) starts from its first one, and only the operator's clock orders the two:
 * `at` has milliseconds, and the end of the older one is dated before anything that the newer one says.
 */
export function isNewer(event: Event, job: Reported): boolean {
  if (job.uid !== undefined && job.uid !== event.uid) {
    return Date.parse(event.at) > (job.reportedAt ?? 0);
  }
  if (event.generation !== job.generation) {
    return event.generation > job.generation;
  }
  const leavesTerminalPhase = TERMINAL.includes(job.phase) && event.phase !== job.phase;
  return event.sequence > job.sequence && !leavesTerminalPhase;
}

/** A field's path and value, the least and the most that it may be. */
type Whole = [string, number, number, number];

/** A field's path and value. */
type Time = [string, string | undefined];

function checkNamespace({ namespace }: Event): void {
  if (namespace === "") {
    throw new BadBody("namespace must not be empty", "namespace");
  }
}

function checkRanges(event: Event): void {
  const whole: Whole[] = [
    ["generation", event.generation, 1, Number.MAX_SAFE_INTEGER],
    ["sequence", event.sequence, 0, Number.MAX_SAFE_INTEGER],
    ["progress", event.progress, 0, 100],
    ...event.scenes.map(({ progress = 0 }, at): Whole => [`scenes[${at}].progress`, progress, 0, 100]),
  ];
  for (const [field, value, least, most] of whole) {
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new BadBody(`${field} is ${value}; it must be a whole number from ${least} to ${most}`, field);
    }
  }
}

function checkTimes(event: Event): void {
  const ends = event.scenes.map(({ estimatedCompletion }, at): Time => {
    return [`scenes[${at}].estimatedCompletion`, estimatedCompletion];
  });
  const times: Time[] = [
    ["at", event.at],
    ["createdAt", event.createdAt],
    ["estimatedCompletion", event.estimatedCompletion],
    ...ends,
  ];
  for (const [field, time] of times) {
    if (time !== undefined && Number.isNaN(Date.parse(time))) {
      throw new BadBody(`${field} is "${time}"; it must be an ISO 8601 time`, field);
    }
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withoutNulls(record: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}
