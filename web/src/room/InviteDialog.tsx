import { Check, Copy, Share2 } from 'lucide-react';
import qrcode from 'qrcode-generator';
import { useMemo, useState } from 'react';
import { useAbout } from '../about';
import { useStrings } from '../i18n';
import { Dialog } from '../ui/Dialog';

interface Props {
  code: string;
  onClose: () => void;
}

export default function InviteDialog({ code, onClose }: Props) {
  const strings = useStrings();
  const [copied, setCopied] = useState(false);
  const about = useAbout();
  const here = location.protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
  const inNetwork = here ? (about?.address ?? '') : '';
  const address = `${inNetwork ? location.origin.replace(location.hostname, inNetwork) : location.origin}/r/${code}`;
  const picture = useMemo(() => {
    const qr = qrcode(0, 'M');
    qr.addData(address);
    qr.make();
    return qr.createDataURL(8, 16);
  }, [address]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(address);
      setCopied(true);
    } catch {
      // No clipboard on insecure pages: the link is selected, ready to be copied by hand.
      document.querySelector<HTMLInputElement>('#invite-link')?.select();
    }
  };
  const share = (navigator as Partial<Navigator>).share ? () => void navigator.share({ title: 'Music Space', text: strings.invite.shareText, url: address }).catch(() => undefined) : null;
  return (
    <Dialog title={strings.invite.title} onClose={onClose}>
      <p className="muted">
        {strings.invite.text} {here && about && (inNetwork ? strings.invite.inNetwork : strings.invite.onlyHere)}
      </p>
      <img className="qr" src={picture} alt={strings.invite.qr(code)} />
      <p className="code big-code">{code}</p>
      <input id="invite-link" readOnly value={address} aria-label={strings.invite.link} onFocus={(event) => { event.currentTarget.select(); }} />
      <div className="row">
        <button type="button" className="primary" onClick={() => void copy()}>
          {copied ? <Check aria-hidden="true" /> : <Copy aria-hidden="true" />}
          {copied ? strings.invite.copied : strings.invite.copy}
        </button>
        {share && (
          <button type="button" onClick={share}>
            <Share2 aria-hidden="true" />
            {strings.invite.share}
          </button>
        )}
      </div>
      <span className="visually-hidden" role="status">
        {copied ? strings.invite.copied : ''}
      </span>
    </Dialog>
  );
}
