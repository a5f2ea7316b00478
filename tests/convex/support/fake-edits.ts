/** What becomes of one attempt at an edit. */
type Fate = "answered" | "lost answer" | "lost request" | "arrives late" | "twice";

type Edit = { requestId: string; sceneId: string; instruction: string; order: number };

/**
 * A fake of the API's `POST /jobs/edit` behind a bad network. It keeps for each scene the edit with the highest `order`:
 * one with a lower order changes nothing and is answered `superseded`.
 */
export class FakeEdits {
  /** The applied edit of each scene. */
  readonly scenes = new Map<string, Edit>();
  /** Fates of the attempts at an edit, by its instruction; the last one is repeated. */
  readonly fates = new Map<string, Fate[]>();
  private readonly attempts = new Map<string, number>();
  private readonly late: Edit[] = [];
  private isCalm = false;

  readonly fetch = (_url: string, { body }: { body: string }): Promise<Response> => {
    const edit = JSON.parse(body) as Edit;
    switch (this.fateOf(edit)) {
      case "answered":
        return Promise.resolve(this.apply(edit));
      case "twice":
        this.apply(edit);
        return Promise.resolve(this.apply(edit));
      case "lost answer":
        this.apply(edit);
        return Promise.reject(new TypeError("the connection broke"));
      case "arrives late": // the call was aborted, and a proxy still has it
        this.late.push(edit);
        return Promise.reject(new DOMException("aborted", "AbortError"));
      case "lost request":
        return Promise.reject(new TypeError("connection refused"));
    }
  };

  /** Lets aborted calls arrive, from the newest or from the oldest. */
  arrive(count: number, newestFirst: boolean): void {
    for (let arrived = 0; arrived < count && this.late.length > 0; arrived++) {
      const edit = newestFirst ? this.late.pop() : this.late.shift();
      if (edit) {
        this.apply(edit);
      }
    }
  }

  /** From now on every call is answered. */
  settleDown(): void {
    this.isCalm = true;
  }

  private fateOf({ instruction }: Edit): Fate {
    const attempt = this.attempts.get(instruction) ?? 0;
    this.attempts.set(instruction, attempt + 1);
    const fates = this.fates.get(instruction) ?? [];
    return this.isCalm ? "answered" : (fates[Math.min(attempt, fates.length - 1)] ?? "answered");
  }

  private apply(edit: Edit): Response {
    const applied = this.scenes.get(edit.sceneId);
    if (applied && edit.order < applied.order) {
      return Response.json({ status: "superseded" });
    }
    this.scenes.set(edit.sceneId, edit);
    const isRepeated = applied?.requestId === edit.requestId;
    return Response.json({ status: "accepted" }, { status: isRepeated ? 200 : 202 });
  }
}
