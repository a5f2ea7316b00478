import fs from "node:fs";
import { hostname } from "node:os";
import path from "node:path";

/** Which process holds a folder. `started` tells it from a later process with the same id; "" where it is unknown. */
type Holder = { pid: number; host: string; started: string };

const REFRESH_MS = 5_000;

/** A lock of another host, whose processes cannot be seen from here, is stale when it is older than this. */
const STALE_MS = 30_000;

/** Keeps a folder for this process: a second one would write to the same log. */
export class FolderLock {
  readonly #file: string;
  readonly #text = JSON.stringify({ pid: process.pid, host: hostname(), started: startOf(process.pid) });
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly folder: string) {
    this.#file = path.join(folder, "lock");
  }

  /** Takes the lock, also that of a process which has ended; throws an error that names the holder. */
  acquire(): void {
    fs.mkdirSync(this.folder, { recursive: true });
    const holder = this.#liveHolder();
    if (holder) {
      const { pid, host } = holder;
      throw new Error(`the data folder ${this.folder} is in use by process ${pid} on ${host}: stop it first`);
    }
    fs.rmSync(this.#file, { force: true });
    fs.writeFileSync(this.#file, this.#text, { flag: "wx", mode: 0o600 });
    this.#timer = setInterval(() => this.#refresh(), REFRESH_MS).unref();
  }

  release(): void {
    clearInterval(this.#timer);
    if (this.#read() === this.#text) {
      fs.rmSync(this.#file);
    }
  }

  /** The folder can be deleted while this runs; the store reports that, and writes the folder again. */
  #refresh(): void {
    if (this.#read() === this.#text) {
      fs.utimesSync(this.#file, new Date(), new Date());
    }
  }

  #read(): string | undefined {
    return fs.statSync(this.#file, { throwIfNoEntry: false })?.isFile()
      ? fs.readFileSync(this.#file, "utf8")
      : undefined;
  }

  #liveHolder(): Holder | undefined {
    const text = this.#read();
    const holder = text === undefined ? undefined : parsed(text);
    if (!holder) {
      return undefined;
    }
    const isLive =
      holder.host === hostname() ? isRunning(holder) : Date.now() - fs.statSync(this.#file).mtimeMs < STALE_MS;
    return isLive ? holder : undefined;
  }
}

/** The holder that a lock names; undefined for a lock that a crash left incomplete. */
function parsed(text: string): Holder | undefined {
  try {
    const { pid, host, started } = Object(JSON.parse(text)) as Partial<Holder>;
    return typeof pid === "number" && typeof host === "string" ? { pid, host, started: started ?? "" } : undefined;
  } catch {
    return undefined;
  }
}

function isRunning({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return started === startOf(pid);
}

/** When a process started, in ticks since the machine did; "" where there is no /proc. */
function startOf(pid: number): string {
  const file = `/proc/${pid}/stat`;
  const fields = fs.existsSync(file) ? fs.readFileSync(file, "utf8").split(") ").at(-1)?.split(" ") : undefined;
  return fields?.[19] ?? "";
}
