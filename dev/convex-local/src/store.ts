import fs from "node:fs";
import path from "node:path";

import { convexToJson, jsonToConvex, type JSONValue, type Value } from "convex/values";

import { messageOf, Unavailable } from "./errors";
import type { Database } from "./internals";
import type { Change } from "./reads";

/** The whole database at one moment. `log` is the number of the log that continues it. */
type Snapshot = Counters & { log?: number; documents: Record<string, JSONValue> };

/** One commit, as a line of the log. Null stands for a row that was deleted. */
type Entry = Counters & { rows: Record<string, JSONValue> };

/** An open log; `bytes` is the size up to which it is valid. */
type Log = { fd: number; inode: number; bytes: number };

type Counters = { nextDocId: number; lastCreationTime: number };

/** A log that is larger than this, and than the snapshot, is replaced by a new snapshot. */
const MIN_COMPACTED_BYTES = 4 * 1024 * 1024;

/**
 * Keeps the database on disk: `snapshot.json` and `log-N.jsonl`, to which every commit appends one line before it is
 * answered. A commit therefore survives the end of the process at any moment. It survives a crash of the machine as
 * soon as the operating system has written its files, which it does within seconds.
 */
export class Store {
  #number = 0;
  #log: Log | undefined;
  #snapshotBytes = 0;
  #failure: string | undefined;
  /** The size of the log at which a compaction that failed is tried again. */
  #retryAt = 0;

  constructor(
    private readonly database: Database,
    private readonly folder: string,
  ) {}

  /** Why the last commit could not be written; undefined if it was. Tries to recover first. */
  failure(): string | undefined {
    if (this.#failure !== undefined) {
      this.#attempt(() => this.#save([]));
    }
    return this.#failure;
  }

  /** Fills the database from disk, and removes the incomplete line that a crash can leave at the end of the log. */
  restore(): void {
    fs.mkdirSync(this.folder, { recursive: true });
    if (fs.existsSync(this.#snapshotFile())) {
      const text = fs.readFileSync(this.#snapshotFile(), "utf8");
      const { documents, log, ...counters } = JSON.parse(text) as Snapshot;
      this.#number = log ?? 0;
      this.#snapshotBytes = text.length;
      this.#apply({ ...counters, rows: documents });
    }
    this.#replay();
    fs.rmSync(this.#partialFile(), { force: true });
    this.#removeOldLogs();
    this.#log = openLog(this.#logFile());
  }

  /** Appends a commit to the log; throws `Unavailable`, and leaves no trace of the commit, if that fails. */
  append(changes: Change[]): void {
    const error = this.#attempt(() => this.#save(changes));
    if (error !== undefined) {
      throw new Unavailable(`the data folder cannot be written, so nothing was changed: ${error}`);
    }
    const { bytes = 0 } = this.#log ?? {};
    if (bytes > Math.max(MIN_COMPACTED_BYTES, this.#snapshotBytes, this.#retryAt)) {
      this.#compactLater(bytes);
    }
  }

  /** Writes a new snapshot and starts a new log. The rename decides: before it the old pair is valid, after it the new. */
  compact(): void {
    fs.mkdirSync(this.folder, { recursive: true });
    const { _documents } = this.database;
    const documents = Object.fromEntries(Object.entries(_documents).map(([id, row]) => [id, encoded(row)]));
    const number = this.#number + 1;
    const text = JSON.stringify({ ...this.#counters(), log: number, documents } satisfies Snapshot);
    const log = this.#replaceSnapshot(text, number);
    const old = this.#log;
    this.#number = number;
    this.#log = log;
    this.#snapshotBytes = text.length;
    this.#retryAt = 0;
    if (old) {
      fs.closeSync(old.fd);
    }
    this.#flushFolder();
    this.#removeOldLogs();
  }

  /** Replaces the snapshot and opens its empty log. If that fails, it leaves the old pair and no other file. */
  #replaceSnapshot(text: string, number: number): Log {
    let log: Log | undefined;
    try {
      fs.writeFileSync(this.#partialFile(), text, { flush: true, mode: 0o600 });
      log = openLog(this.#logFile(number), fs.constants.O_TRUNC);
      fs.renameSync(this.#partialFile(), this.#snapshotFile());
      return log;
    } catch (error) {
      if (log) {
        fs.closeSync(log.fd);
      }
      fs.rmSync(this.#partialFile(), { force: true });
      fs.rmSync(this.#logFile(number), { force: true });
      throw error;
    }
  }

  /** Compacts a large log. If that fails, the log continues, and the next try is when it has grown further. */
  #compactLater(bytes: number): void {
    try {
      this.compact();
    } catch (error) {
      this.#retryAt = bytes + MIN_COMPACTED_BYTES;
      console.error(`the data folder ${this.folder} could not be compacted, its log continues: ${messageOf(error)}`);
    }
  }

  /** Appends to the log; a log that is not there any more is replaced by a snapshot of everything. */
  #save(changes: Change[]): void {
    if (this.#isIntact()) {
      this.#write(changes);
    } else {
      this.compact();
    }
  }

  #write(changes: Change[]): void {
    const rows = Object.fromEntries(changes.map(({ id, after }) => [id, after && encoded(after)]));
    const entry: Entry = { ...this.#counters(), rows };
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    const log = this.#log;
    if (!log) {
      throw new Error("the log is not open");
    }
    try {
      for (let written = 0; written < line.length;) {
        written += fs.writeSync(log.fd, line, written, line.length - written, log.bytes + written);
      }
    } catch (error) {
      fs.ftruncateSync(log.fd, log.bytes);
      throw error;
    }
    log.bytes += line.length;
  }

  /** Whether the open log is still the file in the folder: a folder can be deleted or replaced while this runs. */
  #isIntact(): boolean {
    const found = fs.statSync(this.#logFile(), { throwIfNoEntry: false });
    return this.#log !== undefined && found?.ino === this.#log.inode;
  }

  #attempt(work: () => void): string | undefined {
    try {
      work();
      this.#failure = undefined;
    } catch (error) {
      this.#failure = messageOf(error);
      console.error(`the data folder ${this.folder} cannot be written: ${this.#failure}`);
    }
    return this.#failure;
  }

  #replay(): void {
    if (!fs.existsSync(this.#logFile())) {
      return;
    }
    const bytes = fs.readFileSync(this.#logFile());
    const complete = bytes.subarray(0, bytes.lastIndexOf("\n") + 1);
    const lines = complete.toString().split("\n").slice(0, -1);
    lines.forEach((line, index) => {
      try {
        this.#apply(JSON.parse(line) as Entry);
      } catch (error) {
        throw new Error(`${this.#logFile()}, line ${index + 1}, is damaged: ${messageOf(error)}`, { cause: error });
      }
    });
    if (complete.length < bytes.length) {
      fs.truncateSync(this.#logFile(), complete.length);
    }
  }

  #apply({ nextDocId, lastCreationTime, rows }: Entry): void {
    const { _documents } = this.database;
    this.database._nextDocId = nextDocId;
    this.database._lastCreationTime = lastCreationTime;
    for (const [id, row] of Object.entries(rows)) {
      if (row === null) {
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- how convex-test removes a row
        delete _documents[id];
      } else {
        _documents[id] = jsonToConvex(row) as Database["_documents"][string];
      }
    }
  }

  #counters(): Counters {
    return { nextDocId: this.database._nextDocId, lastCreationTime: this.database._lastCreationTime };
  }

  /** Makes the rename survive a crash of the machine before the old log is removed. */
  #flushFolder(): void {
    const folder = fs.openSync(this.folder, "r");
    fs.fsyncSync(folder);
    fs.closeSync(folder);
  }

  #removeOldLogs(): void {
    for (const name of fs.readdirSync(this.folder)) {
      if (/^log-\d+\.jsonl$/.test(name) && name !== path.basename(this.#logFile())) {
        fs.rmSync(path.join(this.folder, name));
      }
    }
  }

  #snapshotFile(): string {
    return path.join(this.folder, "snapshot.json");
  }

  #partialFile(): string {
    return `${this.#snapshotFile()}.partial`;
  }

  #logFile(number = this.#number): string {
    return path.join(this.folder, `log-${number}.jsonl`);
  }
}

function openLog(file: string, flag = 0): Log {
  const fd = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT | flag, 0o600);
  const { ino, size } = fs.fstatSync(fd);
  return { fd, inode: ino, bytes: size };
}

function encoded(row: object): JSONValue {
  return convexToJson(row as Value);
}
