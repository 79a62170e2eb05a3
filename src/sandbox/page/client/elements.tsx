import { useState } from 'react';
import { nameOf, type Using } from './blocks.tsx';
import { Icon } from './icons.tsx';
import { isObject, type JsonObject, objectsIn, textIn } from './json.ts';
import { useMenu } from './menu.ts';
import { useSession } from './session.ts';

/** Elements that a person can use, as opposed to images in the same places. */
export function isInteractive(element: JsonObject): boolean {
  return typeof element.type === 'string' && element.type !== 'image';
}

interface ElementProps {
  readonly block: JsonObject;
  readonly element: JsonObject;
  readonly using: Using;
}

/** One interactive element of a message, a modal's actions or a Home tab. */
export function Element({ block, element, using }: ElementProps) {
  const name = nameOf(block, element);
  const failure = using.failed.get(name);
  return (
    <span className="element">
      <ElementBody block={block} element={element} using={using} />
      {failure !== undefined && (
        <span className="element-failure" role="status" title={failure}>
          <Icon name="warning" size={14} />
          <span className="sr-only">{failure}</span>
        </span>
      )}
    </span>
  );
}

function ElementBody({ block, element, using }: ElementProps) {
  const isWaiting = using.waiting.has(nameOf(block, element));
  const label = textIn(element.accessibility_label) || textIn(element.text) || textIn(element.placeholder);
  switch (element.type) {
    case 'button':
    case 'workflow_button':
      return (
        <button
          type="button"
          className={`button ${textIn(element.style)}`}
          data-action-id={textIn(element.action_id)}
          aria-label={label}
          aria-busy={isWaiting}
          disabled={isWaiting}
          onClick={() => {
            if (typeof element.url === 'string') window.open(element.url, '_blank', 'noreferrer,noopener');
            using.use(block, element);
          }}
        >
          <EmojiText text={textIn(element.text)} />
        </button>
      );
    case 'overflow':
      return <Overflow block={block} element={element} using={using} />;
    case 'radio_buttons':
    case 'checkboxes':
      return <Choices block={block} element={element} using={using} />;
    default:
      return <Pick block={block} element={element} using={using} label={label} isWaiting={isWaiting} />;
  }
}

const emoji: Readonly<Record<string, string>> = {
  white_check_mark: '✅',
  x: '❌',
  warning: '⚠️',
  rocket: '🚀',
  eyes: '👀',
  octagonal_sign: '🛑',
};

function EmojiText({ text }: { readonly text: string }) {
  return <>{text.replace(/:(\w+):/g, (whole, name: string) => emoji[name] ?? whole)}</>;
}

function Overflow({ block, element, using }: ElementProps) {
  const { isOpen, setOpen, root, steer } = useMenu();
  return (
    <span className="overflow" ref={root}>
      <button
        type="button"
        className="button overflow-button"
        data-action-id={textIn(element.action_id)}
        aria-label="More actions"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="more" />
      </button>
      {isOpen && (
        <span className="menu" role="menu" tabIndex={-1} onKeyDown={steer}>
          {objectsIn(element.options).map((option) => (
            <button
              key={textIn(option.value)}
              type="button"
              role="menuitem"
              className="menu-item"
              onClick={() => {
                setOpen(false);
                if (typeof option.url === 'string') window.open(option.url, '_blank', 'noreferrer,noopener');
                using.use(block, element, textIn(option.value));
              }}
            >
              <span>{textIn(option.text)}</span>
              {option.description !== undefined && <small>{textIn(option.description)}</small>}
            </button>
          ))}
        </span>
      )}
    </span>
  );
}

function Choices({ block, element, using }: ElementProps) {
  const isMany = element.type === 'checkboxes';
  const initial = isMany ? objectsIn(element.initial_options) : [element.initial_option].filter(isObject);
  const [chosen, setChosen] = useState(() => initial.map((option) => textIn(option.value)));
  function choose(value: string, isOn: boolean): void {
    const others = isMany ? chosen.filter((one) => one !== value) : [];
    const next = isOn ? [...others, value] : others;
    setChosen(next);
    using.use(block, element, isMany ? next : value);
  }
  return (
    <span className="choices">
      {objectsIn(element.options).map((option) => (
        <label key={textIn(option.value)}>
          <input
            type={isMany ? 'checkbox' : 'radio'}
            name={nameOf(block, element)}
            checked={chosen.includes(textIn(option.value))}
            onChange={(event) => choose(textIn(option.value), event.target.checked)}
          />
          {textIn(option.text)}
        </label>
      ))}
    </span>
  );
}

const inputTypes: Readonly<Record<string, string>> = {
  datepicker: 'date',
  timepicker: 'time',
  datetimepicker: 'datetime-local',
};

interface PickProps extends ElementProps {
  readonly label: string;
  readonly isWaiting: boolean;
}

function Pick({ block, element, using, label, isWaiting }: PickProps) {
  const options = useOptions(element);
  const inputType = inputTypes[textIn(element.type)];
  if (inputType !== undefined) {
    return (
      <input
        className="pick"
        type={inputType}
        aria-label={label}
        defaultValue={textIn(element.initial_date) || textIn(element.initial_time)}
        onChange={(event) => using.use(block, element, event.target.value)}
      />
    );
  }
  const initial = isObject(element.initial_option) ? textIn(element.initial_option.value) : '';
  return (
    <select
      className="pick"
      aria-label={label || 'Choose'}
      data-action-id={textIn(element.action_id)}
      disabled={isWaiting}
      defaultValue={initial}
      onChange={(event) => using.use(block, element, event.target.value)}
    >
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

export interface Option {
  readonly value: string;
  readonly label: string;
  readonly description: string;
}

/** What a select offers: its own options, or the workspace's people or channels. */
export function useOptions(element: JsonObject): readonly Option[] {
  const { slack } = useSession();
  const type = textIn(element.type);
  if (type.includes('users_select')) {
    return [...slack.people.values()].map((person) => ({ value: person.id, label: person.realName, description: '' }));
  }
  if (type.includes('conversations_select') || type.includes('channels_select')) {
    const named = [...slack.channels.values()].filter((channel) => channel.name !== '');
    return named.map((channel) => ({ value: channel.id, label: `#${channel.name}`, description: '' }));
  }
  const groups = objectsIn(element.option_groups).flatMap((group) => objectsIn(group.options));
  return [...objectsIn(element.options), ...groups].map((option) => ({
    value: textIn(option.value),
    label: textIn(option.text),
    description: textIn(option.description),
  }));
}
