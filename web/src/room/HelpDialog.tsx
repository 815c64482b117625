import { useStrings } from '../i18n';
import { Dialog } from '../ui/Dialog';

export default function HelpDialog({ onClose }: { onClose: () => void }) {
  const strings = useStrings();
  return (
    <Dialog title={strings.help.title} onClose={onClose}>
      <dl className="shortcuts">
        {strings.help.rows.map(([keys, words]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
