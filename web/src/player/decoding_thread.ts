// Where packets are decoded: in a worker, or in the page where a worker cannot be had (an old browser, a setting, an extension).

import type { Decoding, DecoderReport, DecoderRequest } from './decoding';

export class DecodingThread {
  readonly #onReport: (report: DecoderReport) => void;
  #worker: Worker | null = null;
  /** What the worker was asked before it has said anything: perhaps it never will. */
  #unheard: { request: DecoderRequest; transfer: Transferable[] }[] | null = [];
  #inPage: Promise<Decoding> | null = null;
  #closed = false;

  constructor(onReport: (report: DecoderReport) => void) {
    this.#onReport = onReport;
    try {
      this.#worker = new Worker(new URL('./decoder_worker.ts', import.meta.url), { type: 'module' });
      this.#worker.onmessage = (event: MessageEvent<DecoderReport>) => {
        this.#hearWorker(event.data);
      };
      this.#worker.onerror = (event) => {
        event.preventDefault(); // it is not the page's failure
        this.#decodeInPage();
      };
    } catch {
      this.#decodeInPage();
    }
  }

  ask(request: DecoderRequest, transfer: Transferable[] = []): void {
    if (this.#inPage) {
      this.#inPage.then(
        (decoding) => { decoding.obey(request); },
        () => undefined, // told where it was loaded
      );
    } else if (this.#unheard) {
      this.#unheard.push({ request, transfer });
    } else {
      this.#worker?.postMessage(request, transfer);
    }
  }

  close(): void {
    this.#closed = true;
    this.#worker?.terminate();
    this.#unheard = null;
  }

  #hearWorker(report: DecoderReport): void {
    for (const { request, transfer } of this.#unheard?.splice(0) ?? []) this.#worker?.postMessage(request, transfer);
    this.#unheard = null;
    this.#onReport(report);
  }

  #decodeInPage(): void {
    if (this.#inPage || this.#closed) return;
    this.#worker?.terminate();
    this.#worker = null;
    const inPage = import('./decoding').then(({ Decoding }) => new Decoding(this.#onReport));
    this.#inPage = inPage;
    inPage.catch((error: unknown) => {
      this.#onReport({ type: 'failed', reason: String(error) });
    });
    for (const { request } of this.#unheard?.splice(0) ?? []) this.ask(request);
  }
}
