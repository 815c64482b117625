// Renders on the audio thread.

import type { Rendering } from './output';
import workletUrl from './worklet/output_processor.ts?worker&url';
import { isPort, type OutputReport, type OutputRequest, type PcmSource } from './worklet/messages';

export class WorkletRendering implements Rendering {
  readonly kind = 'worklet';
  readonly #context: AudioContext;
  readonly #destination: AudioNode;
  readonly #onReport: (report: OutputReport) => void;
  #node: AudioWorkletNode | null = null;
  #waiting: OutputRequest[] = [];
  #pcm: PcmSource | null = null;

  constructor(context: AudioContext, destination: AudioNode, onReport: (report: OutputReport) => void) {
    this.#context = context;
    this.#destination = destination;
    this.#onReport = onReport;
  }

  async start(pcm: PcmSource): Promise<void> {
    this.#pcm = pcm;
    await this.#context.audioWorklet.addModule(workletUrl);
    if (this.#context.state === 'closed') return;
    const node = new AudioWorkletNode(this.#context, 'musicspace-output', { numberOfInputs: 0, outputChannelCount: [2] });
    node.port.onmessage = (event: MessageEvent<OutputReport>) => {
      this.#onReport(event.data);
    };
    node.connect(this.#destination);
    this.#node = node;
    node.port.postMessage({ type: 'source', source: pcm } satisfies OutputRequest, isPort(pcm) ? [pcm] : []);
    for (const request of this.#waiting.splice(0)) node.port.postMessage(request);
  }

  send(request: OutputRequest): void {
    if (this.#node) this.#node.port.postMessage(request);
    else this.#waiting.push(request);
  }

  close(): void {
    if (this.#pcm && isPort(this.#pcm)) this.#pcm.close();
  }
}
