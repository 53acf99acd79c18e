import { Problem } from '../model/failure.ts';
import { parse } from '../nginx/parse.ts';
import { lineRedactor, redacted } from '../nginx/redact.ts';
import { MASK, maskedHeader, maskedPath } from '../nginx/secrets.ts';

/** Options whose value may contain a secret, and the part of it that a report may show. */
const SHOWN: Readonly<Record<string, (value: string) => string>> = {
  '--header': maskedHeader,
  '--ws-path': maskedPath,
  '--tune': shownTuning,
};

/** The command line as recorded in a result. Reports are shared, so secrets are masked. */
export function recordedCommand(command: readonly string[]): string[] {
  const mask = lineRedactor([]);
  return command.map((argument, index) => {
    const [, name = '', value = ''] = /^(--[a-z-]+)=(.*)$/s.exec(argument) ?? [];
    const within = SHOWN[name];
    if (within !== undefined) return `${name}=${mask(within(value))}`;
    const shown = SHOWN[command[index - 1] ?? ''];
    return mask(shown?.(argument) ?? argument);
  });
}

/** A tuning as typed, unless it contains a secret. */
export function shownTuning(text: string): string {
  try {
    const shown = redacted(parse(text, 'a tuning'));
    return shown.includes(MASK) ? shown : text;
  } catch (error) {
    if (error instanceof Problem) return MASK;
    throw error;
  }
}
