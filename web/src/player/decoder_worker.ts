// Decoding off the main thread, so that a busy page delays no sound.

import { Decoding, type DecoderReport, type DecoderRequest } from './decoding';

const decoding = new Decoding((report: DecoderReport) => {
  self.postMessage(report);
});

self.onmessage = (event: MessageEvent<DecoderRequest>) => {
  decoding.obey(event.data);
};
