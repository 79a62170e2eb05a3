import { useCallback, useRef, useState } from 'react';
import { nameOf, type Use, type Using } from './blocks.tsx';
import { isObject, type JsonObject } from './json.ts';
import type { Acted } from './server.ts';

export interface Asked {
  readonly confirm: JsonObject;
  readonly answer: (isSure: boolean) => void;
}

type Value = string | readonly string[] | undefined;

/** Uses elements: asks first where the element says so, shows that it waits, and keeps what went wrong. */
export function useElements(send: (block: JsonObject, element: JsonObject, value: Value) => Promise<Acted>): {
  readonly using: Using;
  readonly asked: Asked | undefined;
} {
  const [waiting, setWaiting] = useState<ReadonlySet<string>>(new Set());
  const [failed, setFailed] = useState<ReadonlyMap<string, string>>(new Map());
  const [asked, setAsked] = useState<Asked>();
  const sending = useRef(send);
  sending.current = send;

  const press = useCallback(async (block: JsonObject, element: JsonObject, value: Value): Promise<void> => {
    const name = nameOf(block, element);
    setFailed((before) => new Map([...before].filter(([key]) => key !== name)));
    setWaiting((before) => new Set([...before, name]));
    const acted = await sending.current(block, element, value);
    setWaiting((before) => new Set([...before].filter((key) => key !== name)));
    if (acted.ok && acted.isAcknowledged !== false) return;
    setFailed((before) => new Map(before).set(name, describeFailure(acted)));
  }, []);

  const use: Use = useCallback(
    (block, element, value) => {
      const { confirm } = element;
      if (!isObject(confirm)) {
        void press(block, element, value);
        return;
      }
      setAsked({
        confirm,
        answer(isSure) {
          setAsked(undefined);
          if (isSure) void press(block, element, value);
        },
      });
    },
    [press],
  );
  return { using: { use, waiting, failed }, asked };
}

export function describeFailure(acted: Acted): string {
  switch (acted.error) {
    case 'operation_timeout':
      return 'The app did not answer within 3 seconds.';
    case 'dispatch_failed':
    case 'connection_failed':
    case 'connection_closed':
      return 'The app is not connected.';
    case 'message_not_found':
    case 'action_not_found':
      return 'This button is no longer there.';
    default:
      return `Something went wrong: ${acted.error ?? 'no answer'}.`;
  }
}
