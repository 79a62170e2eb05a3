import { useEffect, useRef, useState } from 'react';
import { Icon } from './icons.tsx';
import { useMenu } from './menu.ts';

interface ComposerProps {
  /** What stands there at the start. */
  readonly first?: string;
  readonly placeholder: string;
  /** Takes the focus when it appears, so that Enter sends what stands there. */
  readonly isReady?: boolean;
  readonly onSend: (text: string) => Promise<void>;
  /** What else can be begun from here. */
  readonly shortcuts?: readonly { readonly name: string; readonly run: () => void }[];
}

/** The line to type in: Enter sends, Shift+Enter breaks, Arrow up brings back what was sent before. */
export function Composer({ first = '', placeholder, isReady = false, onSend, shortcuts = [] }: ComposerProps) {
  const [text, setText] = useState(first);
  const sent = useRef<string[]>(first === '' ? [] : [first]);
  const back = useRef(0);
  const line = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (isReady) line.current?.focus();
  }, [isReady]);

  function send(): void {
    const trimmed = text.trim();
    if (trimmed === '') return;
    sent.current = [...sent.current.filter((one) => one !== trimmed), trimmed];
    back.current = 0;
    setText('');
    void onSend(trimmed);
  }

  function recall(step: number): void {
    back.current = Math.max(0, Math.min(sent.current.length, back.current + step));
    setText(back.current === 0 ? '' : (sent.current.at(-back.current) ?? ''));
  }

  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {shortcuts.length > 0 && <Shortcuts shortcuts={shortcuts} />}
      <textarea
        ref={line}
        rows={1}
        value={text}
        placeholder={placeholder}
        aria-label={placeholder}
        spellCheck={false}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          const isOneLine = !text.includes('\n');
          if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            send();
          } else if (event.key === 'ArrowUp' && isOneLine) {
            event.preventDefault();
            recall(1);
          } else if (event.key === 'ArrowDown' && isOneLine) {
            event.preventDefault();
            recall(-1);
          }
        }}
      />
      <button type="submit" className="send" aria-label="Send" disabled={text.trim() === ''}>
        <Icon name="send" />
      </button>
    </form>
  );
}

/** The menu of the app's shortcuts, as behind Slack's plus. */
function Shortcuts({ shortcuts }: { readonly shortcuts: NonNullable<ComposerProps['shortcuts']> }) {
  const { isOpen, setOpen, root, steer } = useMenu();
  return (
    <span className="overflow" ref={root}>
      <button
        type="button"
        className="shortcut-plus"
        aria-label="Shortcuts"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="plus" />
      </button>
      {isOpen && (
        <span className="menu is-up" role="menu" tabIndex={-1} onKeyDown={steer}>
          {shortcuts.map(({ name, run }) => (
            <button
              key={name}
              type="button"
              role="menuitem"
              className="menu-item"
              onClick={() => {
                setOpen(false);
                run();
              }}
            >
              {name}
            </button>
          ))}
        </span>
      )}
    </span>
  );
}
