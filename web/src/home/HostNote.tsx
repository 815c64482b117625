import { useAbout } from '../about';
import { useStrings } from '../i18n';

/** What whoever hosts this server should know; nothing when all is well. */
export function HostNote() {
  const strings = useStrings();
  const warning = useAbout()?.warning;
  if (!warning) return null;
  return (
    <p className="banner" role="note">
      <span>
        <strong>{strings.home.forHost}</strong> <bdi>{warning}</bdi>
      </span>
    </p>
  );
}
