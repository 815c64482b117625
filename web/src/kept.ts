// What the browser keeps for this page: for the device, or for the tab. A browser that keeps nothing (a setting forbids it, or there is no
// space) throws; what it was given is then kept for as long as the page is open.

export class Kept {
  readonly #storage: () => Storage;
  readonly #unkept = new Map<string, string>();

  /** `storage` is asked anew each time: getting at it may throw. */
  constructor(storage: () => Storage) {
    this.#storage = storage;
  }

  /** Null when nothing is kept under this key. */
  get(key: string): string | null {
    const unkept = this.#unkept.get(key);
    if (unkept !== undefined) return unkept;
    try {
      return this.#storage().getItem(key);
    } catch {
      return null;
    }
  }

  set(key: string, value: string): void {
    try {
      this.#storage().setItem(key, value);
      this.#unkept.delete(key);
    } catch {
      this.#unkept.set(key, value);
    }
  }

  remove(key: string): void {
    this.#unkept.delete(key);
    try {
      this.#storage().removeItem(key);
    } catch {
      return; // then there was nothing
    }
  }
}

export const onDevice = new Kept(() => localStorage);
export const inTab = new Kept(() => sessionStorage);
