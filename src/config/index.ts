/**
 * config: every setting, its default and its meaning; the only reader of the environment.
 * Never passed around whole: each room gets its own slice.
 */
export { ConfigError, readConfig, renderEnvExample } from './read-config.ts';
export type { Config, SettingName } from './settings.ts';
