import { Component, type ReactNode } from 'react';
import { tellServer } from './report';
import { failureWords } from './words';

/** In place of a page that cannot be drawn any more: a sentence, and a way to go on. */
export class FailureBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(error: unknown): void {
    tellServer(error);
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    const words = failureWords();
    return (
      <main className="home" role="alert">
        <h1>{words.title}</h1>
        <p className="lead">{words.detail}</p>
        <div className="row">
          <button type="button" className="primary" onClick={() => { location.reload(); }}>
            {words.reload}
          </button>
        </div>
      </main>
    );
  }
}
