import { useAbout } from '../about';

/** What whoever hosts this server should know; nothing when all is well. */
export function HostNote() {
  const warning = useAbout()?.warning;
  if (!warning) return null;
  return (
    <p className="banner" role="note">
      <span>
        <strong>For whoever hosts this server:</strong> {warning}
      </span>
    </p>
  );
}
