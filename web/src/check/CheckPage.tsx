import { Check, Copy } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useAccount } from '../account/context';
import { useStrings } from '../i18n';
import type { Strings } from '../i18n/en';
import { ErrorNote } from '../ui/ErrorNote';
import { Logo } from '../ui/Logo';
import { findingsOf, reportText, type Finding } from './findings';
import { featuresHere, runCheck, type Outcome } from './run';

/** Tells in words what this browser does well with sound and what it lacks, from twelve seconds of the demo track. */
export default function CheckPage() {
  const { check } = useStrings();
  const { store } = useAccount();
  const [part, setPart] = useState<number | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => { running.current?.abort(); }, []);
  const start = async () => {
    running.current = new AbortController();
    setOutcome(null);
    setPart(0);
    try {
      setOutcome(await runCheck(setPart, store.ready(), running.current.signal));
    } finally {
      setPart(null);
    }
  };
  return (
    <main className="home check-page">
      <Logo />
      <h1>{check.title}</h1>
      <p className="lead">{check.lead}</p>
      <button type="button" className="primary" disabled={part !== null} onClick={() => void start()}>
        {outcome ? check.again : check.start}
      </button>
      {part !== null && (
        <p role="status">
          <progress value={part} aria-label={check.progress} /> {part === 0 ? check.waiting : check.listening}
        </p>
      )}
      {outcome && 'problem' in outcome && <ErrorNote problem={outcome.problem} />}
      {outcome && 'silent' in outcome && <ErrorNote problem={{ code: 'no-sound', title: check.noSound, detail: outcome.silent }} />}
      {outcome && 'measured' in outcome && (
        <>
          <section className="card">
            <h2>{check.results}</h2>
            <ul className="findings" aria-label={check.results}>
              {findingsOf(outcome.measured).map((finding) => (
                <li key={finding.about}>
                  <span className="dot" role="img" aria-label={check.grades[finding.grade]} data-grade={finding.grade} />
                  {sentenceOf(check, finding)}
                </li>
              ))}
            </ul>
            <p className="muted">{check.speakers}</p>
          </section>
          <Report text={reportText(outcome.measured, featuresHere())} />
        </>
      )}
      <p>
        <a href="/">{check.back}</a>
      </p>
    </main>
  );
}

function Report({ text }: { text: string }) {
  const { check } = useStrings();
  const [copied, setCopied] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const copy = async () => {
    area.current?.select();
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      setCopied(false); // it is selected: the keyboard copies it
    }
  };
  return (
    <section className="card">
      <h2>{check.report}</h2>
      <p className="muted">{check.reportHint}</p>
      <textarea ref={area} readOnly rows={8} value={text} aria-label={check.report} />
      <button type="button" onClick={() => void copy()}>
        {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
        {copied ? check.copied : check.copy}
      </button>
    </section>
  );
}

function sentenceOf(check: Strings['check'], finding: Finding): string {
  const { findings } = check;
  switch (finding.about) {
    case 'firstSound':
      return findings.firstSound(finding.seconds);
    case 'holes':
      return findings.holes(finding.count);
    case 'sync':
      return findings.sync(finding.ms, finding.jumps);
    case 'latencyReported':
    case 'latencyRough':
    case 'latencyAssumed':
      return findings[finding.about](finding.ms);
    case 'line':
      return findings.line(finding.ms, finding.kbps);
    case 'silence':
    case 'ownDecoder':
    case 'wasmDecoder':
    case 'audioThread':
    case 'pageThread':
    case 'pageThreadInsecure':
      return findings[finding.about];
    default: {
      const never: never = finding;
      throw new Error(`unknown finding ${String(never)}`);
    }
  }
}
