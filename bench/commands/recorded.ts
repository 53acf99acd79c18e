import { Problem } from '../model/failure.ts';
import { parse } from '../nginx/parse.ts';
import { lineRedactor, redacted } from '../nginx/redact.ts';
import { MASK, maskedHeader, maskedPath } from '../nginx/secrets.ts';

/**
 * Options whose value may contain a secret, each with a function that returns the part that a report may
 * show.
 */
const SHOWN: Readonly<Record<string, (value: string) => string>> = {
  '--header': maskedHeader,
  '--ws-path': maskedPath,
  '--target': maskedPath,
  '--tune': shownTuning,
};

/** Returns the command line to record in a result, with secrets masked, because reports are shared. */
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

/** Returns a tuning exactly as typed, or with its secrets masked if it contains any. */
export function shownTuning(text: string): string {
  try {
    const shown = redacted(parse(text, 'a tuning'));
    return shown.includes(MASK) ? shown : text;
  } catch (error) {
    if (error instanceof Problem) return MASK;
    throw error;
  }
}
