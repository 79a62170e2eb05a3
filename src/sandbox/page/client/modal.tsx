import { useEffect, useRef, useState } from 'react';
import { Blocks } from './blocks.tsx';
import { ConfirmDialog, Dialog } from './dialogs.tsx';
import { type FieldValue, type FieldValues, InputField } from './fields.tsx';
import { isObject, type JsonObject, objectsIn, textIn } from './json.ts';
import { act } from './server.ts';
import { useSession } from './session.ts';
import { describeFailure, useElements } from './using.ts';

/** A modal of the app: the view that arrived, with fields that are ours. */
export function Modal({ view }: { readonly view: JsonObject }) {
  const { me } = useSession();
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const [problem, setProblem] = useState('');
  const [isSending, setSending] = useState(false);
  const viewId = textIn(view.id);
  const { values, setValue, using, asked } = useViewFields(view);

  async function submit(): Promise<void> {
    setSending(true);
    const acted = await act('submit', { user: me?.id, view_id: viewId, values });
    setSending(false);
    setErrors(acted.errors ?? {});
    const isFine = acted.ok && (acted.isAcknowledged !== false || acted.errors !== undefined);
    setProblem(isFine ? '' : describeFailure(acted));
  }

  // What is wrong may stand above or below what is seen.
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (Object.keys(errors).length > 0)
      form.current?.querySelector('[data-has-error=true]')?.scrollIntoView({ block: 'center' });
  }, [errors]);

  const submitLabel = isObject(view.submit) ? textIn(view.submit) : undefined;
  const footer = (
    <>
      <span className="dialog-problem" role="alert">
        {problem}
      </span>
      <button type="button" className="button" onClick={() => void close()}>
        {isObject(view.close) ? textIn(view.close) : 'Close'}
      </button>
      {submitLabel !== undefined && (
        <button type="submit" form={viewId} className="button primary" disabled={isSending} aria-busy={isSending}>
          {submitLabel}
        </button>
      )}
    </>
  );

  async function close(): Promise<void> {
    await act('close', { user: me?.id, view_id: viewId });
  }

  return (
    <Dialog title={textIn(view.title)} onClose={() => void close()} footer={footer}>
      <form
        ref={form}
        id={viewId}
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <Blocks
          blocks={objectsIn(view.blocks)}
          using={using}
          renderInput={(block) => (
            <InputField
              viewId={viewId}
              block={block}
              values={values}
              error={errors[textIn(block.block_id)]}
              onChange={setValue}
            />
          )}
        />
      </form>
      {asked !== undefined && <ConfirmDialog asked={asked} />}
    </Dialog>
  );
}

/** What a person put into the fields of a view, kept while its block and action ids stay the same, as Slack does. */
export function useViewFields(view: JsonObject) {
  const { me } = useSession();
  const [values, setValues] = useState<FieldValues>({});
  const { using, asked } = useElements((block, element, value) =>
    act('click-in-view', {
      user: me?.id,
      view_id: textIn(view.id),
      block_id: textIn(block.block_id),
      action_id: textIn(element.action_id),
      values,
      ...(value !== undefined && { value }),
    }),
  );
  function setValue(block: JsonObject, element: JsonObject, value: FieldValue, isDone: boolean): void {
    const blockId = textIn(block.block_id);
    setValues((before) => ({ ...before, [blockId]: { ...before[blockId], [textIn(element.action_id)]: value } }));
    if (block.dispatch_action === true && isDone) using.use(block, element, value);
  }
  return { values, setValue, using, asked };
}
