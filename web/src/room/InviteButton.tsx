import { useEffect, useRef, useState } from 'react';
import { Icon } from '../ui/Icon';

export function InviteButton({ code }: { code: string }) {
  const [copied, setCopied] = useState(false);
  const [link, setLink] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => {
      setCopied(false);
    }, 2500);
    return () => {
      clearTimeout(timer);
    };
  }, [copied]);

  useEffect(() => field.current?.select(), [link]);

  const copy = async () => {
    const address = `${location.origin}/r/${code}`;
    try {
      await navigator.clipboard.writeText(address);
      setCopied(true);
    } catch {
      setLink(address); // No clipboard on insecure pages: show it, ready to be copied by hand.
    }
  };

  return (
    <>
      <button type="button" onClick={() => void copy()}>
        <Icon name={copied ? 'check' : 'link'} />
        {copied ? 'Link copied' : 'Copy invite link'}
      </button>
      {link && <input ref={field} readOnly value={link} aria-label="Invite link" className="invite-link" />}
      <span className="visually-hidden" role="status">
        {copied ? 'The invite link is in your clipboard.' : ''}
      </span>
    </>
  );
}
