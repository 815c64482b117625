// The server's clock, estimated from time exchanges. Pure: time comes in as stamps. Each exchange gives four (client sent, server
// received, server sent, client received, all in microseconds); the ones with the shortest round trip were delayed least and
// are trusted (as NTP's clock filter does).

export interface Exchange {
  clientSentUs: number;
  serverReceivedUs: number;
  serverSentUs: number;
  clientReceivedUs: number;
}

interface Sample {
  offsetUs: number;
  rttUs: number;
  atUs: number;
}

const WINDOW = 64;
const WINDOW_US = 120e6;
/** Samples whose round trip is within this of the shortest are averaged. */
const TRUSTED_US = 500;

export class ServerClock {
  #samples: Sample[] = [];

  add(exchange: Exchange): void {
    const rttUs = exchange.clientReceivedUs - exchange.clientSentUs - (exchange.serverSentUs - exchange.serverReceivedUs);
    if (!(rttUs >= 0)) return;
    const offsetUs =
      (exchange.serverReceivedUs - exchange.clientSentUs + exchange.serverSentUs - exchange.clientReceivedUs) / 2;
    this.#samples.push({ offsetUs, rttUs, atUs: exchange.clientReceivedUs });
    const oldest = exchange.clientReceivedUs - WINDOW_US;
    this.#samples = this.#samples.filter((sample) => sample.atUs >= oldest).slice(-WINDOW);
  }

  /** Forgets everything: a new connection may be another server, or the machine slept. */
  reset(): void {
    this.#samples = [];
  }

  get ready(): boolean {
    return this.#samples.length >= 3;
  }

  get rttUs(): number {
    return this.#samples.reduce((least, sample) => Math.min(least, sample.rttUs), Infinity);
  }

  /** Server time minus client time. NaN before the first exchange. */
  get offsetUs(): number {
    const limit = this.rttUs + TRUSTED_US;
    const trusted = this.#samples.filter((sample) => sample.rttUs <= limit);
    return trusted.reduce((sum, sample) => sum + sample.offsetUs, 0) / trusted.length;
  }
}
