import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";

import { convexToJson, jsonToConvex, type JSONValue, type Value } from "convex/values";

import type { Database } from "./internals";

/** How long changes may wait to be written: a crash loses at most this much. */
const WRITE_DELAY_MS = 200;

type Stored = { nextDocId: number; lastCreationTime: number; documents: Record<string, JSONValue> };

/** Keeps the database in one file: read at start, written soon after changes, and always as a whole. */
export class Snapshot {
  readonly #file: string;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    folder: string,
  ) {
    mkdirSync(folder, { recursive: true });
    this.#file = path.join(folder, "snapshot.json");
  }

  /** Fills the database from the file, where there is one. */
  restore(): void {
    if (!existsSync(this.#file)) {
      return;
    }
    const stored = JSON.parse(readFileSync(this.#file, "utf8")) as Stored;
    this.database._nextDocId = stored.nextDocId;
    this.database._lastCreationTime = stored.lastCreationTime;
    for (const [id, document] of Object.entries(stored.documents)) {
      this.database._documents[id] = jsonToConvex(document) as Database["_documents"][string];
    }
  }

  /** Writes the file soon: writing behind keeps calls fast. */
  schedule(): void {
    this.#timer ??= setTimeout(() => this.flush(), WRITE_DELAY_MS);
  }

  /** Writes the file now. It is renamed into place, so that a crash leaves the old one or the new one. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { _nextDocId, _lastCreationTime, _documents } = this.database;
    const documents = Object.entries(_documents).map(([id, document]) => [id, convexToJson(document as Value)]);
    const stored = { nextDocId: _nextDocId, lastCreationTime: _lastCreationTime };
    const partial = `${this.#file}.partial`;
    writeFileSync(partial, JSON.stringify({ ...stored, documents: Object.fromEntries(documents) as unknown }));
    renameSync(partial, this.#file);
  }
}
