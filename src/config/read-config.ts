import { readFileSync } from 'node:fs';
import { type Config, type Setting, type SettingName, settings } from './settings.ts';

/** All mistakes of the environment at once: one line each, with the name, the value and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads every setting. The only reader of the environment in the service. Throws ConfigError naming every mistake. */
export function readConfig(environment: Environment): Config {
  const mistakes: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<Setting<unknown>>(settings)) {
    const raw = readRaw(environment, name, setting.secret === true, mistakes);
    const parsed = setting.parse.safeParse(raw === '' ? setting.fallback : raw);
    if (parsed.success) {
      config[name] = parsed.data;
    } else {
      const shown = setting.secret === true ? '(hidden)' : JSON.stringify(raw);
      mistakes.push(`${name}=${shown}: ${parsed.error.issues.map((issue) => issue.message).join('; ')}`);
    }
  }
  mistakes.push(...missingForSlack(config));
  if (mistakes.length > 0) throw new ConfigError(`cannot start:\n  ${mistakes.join('\n  ')}`);
  // Every name of the table was parsed by its own schema just above.
  return config as Config;
}

/** With a bot token people are meant to come in: without the other half nobody could, or with an empty signing secret anybody. */
function missingForSlack(config: Readonly<Record<string, unknown>>): readonly string[] {
  if (config.SLACK_BOT_TOKEN === '' || config.SLACK_BOT_TOKEN === undefined) return [];
  const needed = config.SLACK_MODE === 'http' ? 'SLACK_SIGNING_SECRET' : 'SLACK_APP_TOKEN';
  return config[needed] === '' ? [`${needed}: needed with SLACK_BOT_TOKEN and SLACK_MODE=${config.SLACK_MODE}`] : [];
}

function readRaw(environment: Environment, name: string, mayBeFile: boolean, mistakes: string[]): string {
  const file = mayBeFile ? environment[`${name}_FILE`] : undefined;
  if (file === undefined || file === '') return environment[name]?.trim() ?? '';
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    mistakes.push(`${name}_FILE=${JSON.stringify(file)}: ${error instanceof Error ? error.message : String(error)}`);
    return '';
  }
}

/** `.env.example`: every setting with its default and its meaning. */
export function renderEnvExample(): string {
  const lines: string[] = [
    '# Every setting of Stepwise with its default. Secrets may also be files: NAME_FILE=/path.',
    '',
  ];
  for (const name of Object.keys(settings) as SettingName[]) {
    lines.push(`# ${settings[name].about}`, `${name}=${settings[name].fallback}`, '');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
