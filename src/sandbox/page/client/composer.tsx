import { useEffect, useRef, useState } from 'react';
import { Icon } from './icons.tsx';

interface ComposerProps {
  /** What stands there at the start. */
  readonly first?: string;
  readonly placeholder: string;
  /** Takes the focus when it appears, so that Enter sends what stands there. */
  readonly isReady?: boolean;
  readonly onSend: (text: string) => Promise<void>;
}

/** The line to type in: Enter sends, Shift+Enter breaks, Arrow up brings back what was sent before. */
export function Composer({ first = '', placeholder, isReady = false, onSend }: ComposerProps) {
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
