import { type ReactNode, useEffect, useRef } from 'react';
import { Icon } from './icons.tsx';
import { textIn } from './json.ts';
import type { Asked } from './using.ts';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly footer?: ReactNode;
  readonly children: ReactNode;
  readonly size?: 'small' | 'large';
}

/** The browser's own dialog: it keeps the focus, and Escape closes it. */
export function Dialog({ title, onClose, footer, children, size = 'small' }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    // A dialog that is taken away rather than closed does not give the focus back by itself.
    const before = document.activeElement;
    ref.current?.showModal();
    placeOnPhone(ref.current);
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      className={`dialog ${size}`}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header className="dialog-head">
        <h2>{title}</h2>
        <button type="button" className="plain-button" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="dialog-body">{children}</div>
      {footer !== undefined && <footer className="dialog-foot">{footer}</footer>}
    </dialog>
  );
}

/** On the phone a dialog covers the phone, not the page. */
function placeOnPhone(dialog: HTMLDialogElement | null): void {
  const phone = document.querySelector('.app.is-phone .screen')?.getBoundingClientRect();
  if (dialog === null || phone === undefined) return;
  const { style } = dialog;
  style.width = `${phone.width}px`;
  style.maxHeight = `${phone.height}px`;
  style.marginLeft = `${phone.left}px`;
}

/** An element's own question before it is sent. */
export function ConfirmDialog({ asked }: { readonly asked: Asked }) {
  const { confirm, answer } = asked;
  const footer = (
    <>
      <button type="button" className="button" onClick={() => answer(false)}>
        {textIn(confirm.deny) || 'Cancel'}
      </button>
      <button
        type="button"
        className={`button ${confirm.style === 'danger' ? 'danger solid' : 'primary'}`}
        onClick={() => answer(true)}
      >
        {textIn(confirm.confirm) || 'Yes'}
      </button>
    </>
  );
  return (
    <Dialog title={textIn(confirm.title) || 'Are you sure?'} onClose={() => answer(false)} footer={footer}>
      <p className="confirm-text">{plain(textIn(confirm.text))}</p>
    </Dialog>
  );
}

/** Slack shows markup in confirm texts; ours shows the words. */
function plain(text: string): string {
  return text
    .replace(/[*_`~]/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
