import { useStrings } from '../i18n';
import type { Problem } from '../player/protocol';

export function ErrorNote({ problem, onDismiss }: { problem: Problem; onDismiss?: () => void }) {
  const strings = useStrings();
  return (
    <div className="error-note" role="alert">
      <div>
        <strong>{problem.title}</strong>
        <p>
          <bdi>{problem.detail}</bdi>
        </p>
      </div>
      {onDismiss && (
        <button type="button" className="quiet" onClick={onDismiss}>
          {strings.ui.dismiss}
        </button>
      )}
    </div>
  );
}
