import { useId, useState } from 'react';
import { useOptions } from './elements.tsx';
import { isObject, type JsonObject, objectsIn, textIn } from './json.ts';
import { act } from './server.ts';
import { useSession } from './session.ts';

export type FieldValue = string | readonly string[];
export type FieldValues = Readonly<Record<string, Readonly<Record<string, FieldValue>>>>;

interface FieldProps {
  readonly viewId: string;
  readonly block: JsonObject;
  readonly values: FieldValues;
  readonly error: string | undefined;
  readonly onChange: Change;
}

/** `isDone`: not one character of many, but what the person means. */
type Change = (block: JsonObject, element: JsonObject, value: FieldValue, isDone: boolean) => void;

/** An `input` block: label, element, hint, and what is wrong with it. */
export function InputField({ viewId, block, values, error, onChange }: FieldProps) {
  const id = useId();
  const element = isObject(block.element) ? block.element : {};
  const value = values[textIn(block.block_id)]?.[textIn(element.action_id)];
  const hint = textIn(block.hint);
  return (
    <div className="field" data-has-error={error !== undefined}>
      <label htmlFor={id}>
        {textIn(block.label)} {block.optional === true && <span className="optional">(optional)</span>}
      </label>
      <FieldElement
        id={id}
        viewId={viewId}
        block={block}
        element={element}
        value={value}
        onChange={(next, isDone = true) => onChange(block, element, next, isDone)}
      />
      {hint !== '' && <p className="hint">{hint}</p>}
      {error !== undefined && (
        <p className="field-error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

interface ElementProps {
  readonly id: string;
  readonly viewId: string;
  readonly block: JsonObject;
  readonly element: JsonObject;
  readonly value: FieldValue | undefined;
  readonly onChange: (value: FieldValue, isDone?: boolean) => void;
}

const inputTypes: Readonly<Record<string, string>> = {
  plain_text_input: 'text',
  email_text_input: 'email',
  url_text_input: 'url',
  number_input: 'number',
  datepicker: 'date',
  timepicker: 'time',
  datetimepicker: 'datetime-local',
};

function FieldElement(props: ElementProps) {
  const { id, block, element, value, onChange } = props;
  const type = textIn(element.type);
  const placeholder = textIn(element.placeholder);
  const text = typeof value === 'string' ? value : firstText(element);
  if (type === 'plain_text_input' && element.multiline === true) {
    return (
      <textarea
        id={id}
        rows={4}
        value={text}
        placeholder={placeholder}
        onChange={(event) => onChange(event.target.value, isHeardWhileTyping(element))}
      />
    );
  }
  const inputType = inputTypes[type];
  if (inputType !== undefined) {
    return (
      <input
        id={id}
        type={inputType}
        step={element.is_decimal_allowed === true ? 'any' : undefined}
        value={text}
        maxLength={typeof element.max_length === 'number' ? element.max_length : undefined}
        placeholder={placeholder}
        onChange={(event) => onChange(event.target.value, !type.endsWith('_input') || isHeardWhileTyping(element))}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || block.dispatch_action !== true) return;
          event.preventDefault();
          onChange(text, true);
        }}
      />
    );
  }
  if (type === 'radio_buttons' || type === 'checkboxes')
    return <ChoiceList {...props} isMany={type === 'checkboxes'} />;
  if (type.startsWith('multi_')) return <ChoiceList {...props} isMany />;
  if (type === 'external_select') return <ExternalSelect {...props} />;
  return <Select {...props} />;
}

/** A text is told of when Enter is pressed, unless the element asks for every character. */
function isHeardWhileTyping(element: JsonObject): boolean {
  const { dispatch_action_config: config } = element;
  const on = isObject(config) ? config.trigger_actions_on : undefined;
  return Array.isArray(on) && on.includes('on_character_entered');
}

function firstText(element: JsonObject): string {
  return textIn(element.initial_value) || textIn(element.initial_date) || textIn(element.initial_time);
}

function firstChosen(element: JsonObject): readonly string[] {
  if (isObject(element.initial_option)) return [textIn(element.initial_option.value)];
  return objectsIn(element.initial_options).map((option) => textIn(option.value));
}

function Select({ id, element, value, onChange }: ElementProps) {
  const options = useOptions(element);
  const chosen = typeof value === 'string' ? value : (firstChosen(element)[0] ?? textIn(element.initial_user));
  return (
    <select id={id} value={chosen} onChange={(event) => onChange(event.target.value)}>
      <option value="" disabled>
        {textIn(element.placeholder) || 'Choose…'}
      </option>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </select>
  );
}

function ChoiceList({ id, element, value, onChange, isMany }: ElementProps & { readonly isMany: boolean }) {
  const options = useOptions(element);
  const given = typeof value === 'string' ? [value] : value;
  const chosen = given ?? firstChosen(element);
  return (
    <div className="choices" id={id}>
      {options.map((option) => (
        <label key={option.value}>
          <input
            type={isMany ? 'checkbox' : 'radio'}
            name={id}
            checked={chosen.includes(option.value)}
            onChange={(event) => {
              const others = chosen.filter((one) => one !== option.value);
              if (!isMany) onChange(option.value);
              else onChange(event.target.checked ? [...others, option.value] : others);
            }}
          />
          <span>
            {option.label}
            {option.description !== '' && <small>{option.description}</small>}
          </span>
        </label>
      ))}
    </div>
  );
}

/** Asks the app for options at every keystroke, as Slack does. */
function ExternalSelect({ id, viewId, block, element, value, onChange }: ElementProps) {
  const { me } = useSession();
  const [options, setOptions] = useState<readonly { value: string; label: string }[]>([]);
  const [typed, setTyped] = useState('');
  async function ask(query: string): Promise<void> {
    setTyped(query);
    const ids = { view_id: viewId, block_id: textIn(block.block_id), action_id: textIn(element.action_id) };
    const acted = await act('suggest', { user: me?.id, ...ids, value: query });
    setOptions(objectsIn(acted.options).map((option) => ({ value: textIn(option.value), label: textIn(option.text) })));
  }
  return (
    <div className="external-select">
      <input
        id={id}
        value={typed}
        placeholder={textIn(element.placeholder)}
        onFocus={() => void ask(typed)}
        onChange={(event) => void ask(event.target.value)}
      />
      <div className="choices">
        {options.map((option) => (
          <label key={option.value}>
            <input type="radio" name={id} checked={value === option.value} onChange={() => onChange(option.value)} />
            {option.label}
          </label>
        ))}
      </div>
    </div>
  );
}
