// Lists which features the player uses that each engine has, and reads every 10 ms what the engine tells of an AudioContext that plays a tone.
// `engines [SECONDS] [ENGINE...] [pipewire]`; one line for each engine, on PulseAudio if not told otherwise. docs/adr/0028 has the table.

import { writeFileSync } from 'node:fs';
import { Speakers } from '../fixtures/speakers';
import { ENGINES, openWindow, type Engine } from '../fixtures/engines';
import { print, quantile } from '../fixtures/measure';
import { TestServer } from '../fixtures/server';
import { until } from '../fixtures/until';

const [secondsArg = '10', ...wanted] = process.argv.slice(2).filter((each) => each !== '--');
const SECONDS = Number(secondsArg);

interface Reading {
  now: number;
  context: number;
  stamp: number;
  stampContext: number;
  output: number;
  base: number;
}

/** Runs in the page, from a click on. */
const PREPARE = `(() => {
  self.readings = [];
  const button = document.createElement('button');
  button.textContent = 'Probe';
  document.body.prepend(button);
  button.onclick = () => {
    const context = self.context = new AudioContext({ latencyHint: 0.046 });
    const tone = new OscillatorNode(context, { frequency: 440 });
    tone.connect(new GainNode(context, { gain: 0.1 })).connect(context.destination);
    tone.start();
    void context.resume();
    setInterval(() => {
      const now = performance.now();
      const at = context.currentTime;
      const stamp = context.getOutputTimestamp?.() ?? {};
      self.readings.push({ now, context: at * 1000, stamp: stamp.performanceTime ?? NaN, stampContext: (stamp.contextTime ?? NaN) * 1000, output: (context.outputLatency ?? NaN) * 1000, base: (context.baseLatency ?? NaN) * 1000 });
    }, 10);
  };
  return null;
})()`;

const FEATURES = `(async () => {
  const opus = { codec: 'opus', sampleRate: 48000, numberOfChannels: 2 };
  const resolution = () => {
    const steps = [];
    let last = performance.now();
    const end = last + 50;
    while (last < end) {
      const now = performance.now();
      if (now > last) steps.push(now - last);
      last = now;
    }
    return Math.min(...steps);
  };
  return {
    agent: navigator.userAgent, isolated: self.crossOriginIsolated === true, sharedArrayBuffer: typeof SharedArrayBuffer !== 'undefined', audioWorklet: typeof AudioWorkletNode !== 'undefined',
    webCodecs: typeof AudioDecoder !== 'undefined' && (await AudioDecoder.isConfigSupported(opus).then(({ supported }) => supported, () => false)),
    outputTimestamp: 'getOutputTimestamp' in AudioContext.prototype, outputLatency: 'outputLatency' in AudioContext.prototype, sinkId: 'setSinkId' in AudioContext.prototype,
    oggOpus: new Audio().canPlayType('audio/ogg; codecs=opus'), webmOpus: new Audio().canPlayType('audio/webm; codecs=opus'), timerMs: resolution(),
    audioSession: 'audioSession' in navigator, mediaSession: 'mediaSession' in navigator, wakeLock: 'wakeLock' in navigator, connection: 'connection' in navigator,
  };
})()`;

const system = wanted.includes('pipewire') ? 'pipewire' : 'pulseaudio';
const engines = ENGINES.filter((engine) => wanted.includes(engine));
const speakers = await Speakers.start(system);
const server = await TestServer.start();
for (const engine of engines.length > 0 ? engines : ENGINES) await probe(engine);
speakers.stop();
await server.stop();
process.exit(0);

async function probe(engine: Engine): Promise<void> {
  const window = await openWindow(engine, speakers);
  try {
    await window.tab.goto(server.base);
    const features = await window.tab.evaluate<Record<string, string | number | boolean>>(FEATURES);
    await window.tab.evaluate(PREPARE);
    await window.tab.getByRole('button', { name: 'Probe', exact: true }).click();
    await until('readings', async () => (await window.tab.evaluate<number>('self.readings.length')) > 10, 20_000);
    await new Promise((done) => setTimeout(done, SECONDS * 1000));
    const { readings, rate } = await window.tab.evaluate<{ readings: Reading[]; rate: number }>('({ readings: self.readings, rate: self.context.sampleRate })');
    if (process.env.MUSICSPACE_TRACE) writeFileSync(`${process.env.MUSICSPACE_TRACE}.${engine}.json`, JSON.stringify(readings));
    const steps = readings.slice(1).map(({ context }, i) => context - (readings[i]?.context ?? NaN)).filter((step) => step > 0);
    const settled = readings.slice(Math.min(300, readings.length / 2));
    const spread = (values: number[]): string => [0, 0.05, 0.5, 0.95, 1].map((q) => quantile(values, q).toFixed(2)).join(' ');
    print({
      bench: 'engines', engine, system, ...features, sampleRate: rate, contextStepMs: spread(steps), baseLatencyMs: settled.at(-1)?.base ?? NaN,
      outputLatencyMs: spread(settled.map(({ output }) => output)), stampAgeMs: spread(settled.map(({ now, stamp }) => now - stamp)),
      stampContextAgeMs: spread(settled.map(({ context, stampContext }) => context - stampContext)), stampLatencyMs: spread(settled.map((each) => each.stamp - each.stampContext - (each.now - each.context))),
      clockScatterMs: spread(settled.map(({ now, context }) => now - context - (settled[0] ? settled[0].now - settled[0].context : 0))),
    });
  } finally {
    await window.close();
  }
}
