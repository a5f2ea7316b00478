/** A lock that is handed on in the order of asking. */
export class Gate {
  #tail: Promise<void> = Promise.resolve();

  /** Waits for the gate and returns what opens it again for the next one. */
  async acquire(): Promise<() => void> {
    const before = this.#tail;
    let open = (): void => undefined;
    this.#tail = new Promise<void>((resolve) => {
      open = resolve;
    });
    await before;
    return open;
  }
}
